/** Hostile messages: code, broken layout, and imitations of other users' messages. */

const RUN = "pwned(1)";

const MARKUP = [
	`<script>${RUN}</script>`,
	`<img src=x onerror=${RUN}>`,
	`<img src="https://elsewhere.example/pixel.png">`,
	`<svg onload=${RUN}>`,
	`<svg><script>${RUN}</script></svg>`,
	`<iframe srcdoc="<script>parent.${RUN}</script>"></iframe>`,
	`<body onload=${RUN}>`,
	`<style>*{display:none!important}</style>`,
	`<link rel=stylesheet href=//elsewhere.example/x.css>`,
	`<base href="https://elsewhere.example/">`,
	`<meta http-equiv="refresh" content="0;url=https://elsewhere.example/">`,
	`<form action=https://elsewhere.example><button>Sign in again</button></form>`,
	`<details open ontoggle=${RUN}>`,
	`<video><source onerror=${RUN}></video>`,
	`<math><mtext></form><form><mglyph><style></math><img src onerror=${RUN}>`,
	`<template><script>${RUN}</script></template>`,
	`<object data="javascript:${RUN}"></object>`,
	`</p></div></main><h1>Broken out</h1>`,
	`<!--`,
	`]]>`,
	`<a href="javascript:${RUN}">click</a>`,
	`&lt;script&gt;${RUN}&lt;/script&gt;`,
	`{{constructor.constructor('${RUN}')()}}`,
	`\${${RUN}}`,
	`<%= ${RUN} %>`,
	`"><script>${RUN}</script>`,
	`'-${RUN}-'`,
	`\`-${RUN}-\``,
	`__proto__`,
	`{"__html":"<img src=x onerror=${RUN}>"}`,
];

const ADDRESSES = [
	`javascript:${RUN}`,
	`JaVaScRiPt:${RUN}`,
	`java\tscript:${RUN}`,
	`data:text/html,<script>${RUN}</script>`,
	`vbscript:msgbox(1)`,
	`file:///etc/passwd`,
	`blob:https://example.com/1`,
	`https://bank.example@elsewhere.example/`,
	`https://user:pass@elsewhere.example/`,
	`https://bank.example\u202Egro.live//:sptth`,
	`https://bank.example\u200B.elsewhere.example/`,
	`https://xn--80ak6aa92e.com/`,
	`https://аррӏе.com/`,
	`http://[::1]:8082/`,
	`http://127.0.0.1:1/?token=x`,
	`https://`,
	`https://.`,
	`https://a`,
	`https://example.com/"onmouseover="${RUN}`,
	`https://example.com/'onmouseover='${RUN}`,
	`https://example.com/<script>${RUN}</script>`,
	`(https://example.com/a_(b))`,
	`https://example.com/${"a/".repeat(3000)}`,
	`https://${"a".repeat(5000)}.example/`,
	`//elsewhere.example/x`,
];

const TURNED = [
	"\u202E\u202E\u202Etxet desrever",
	"\u202D\u202E\u2066\u2067\u2068",
	"a\u202Eb\u202Ec\u202Ed",
	"\u2067".repeat(500),
	"\u202E".repeat(5000),
	`report\u202Efdp.exe`,
	"مرحبا ".repeat(300),
	"שלום עולם 123 (abc) https://example.com/ עוד",
	"left \u05D0\u05D1\u05D2 right \u202E left",
	"\u061C\u200E\u200F",
];

const UNSEEN = [
	"",
	" ",
	"\n",
	"\n".repeat(1000),
	"\t".repeat(1000),
	"\u200B",
	"\u200B".repeat(10_000),
	"\uFEFF",
	"\u2060\u2061\u2062\u2063",
	"\u00AD".repeat(3000),
	"a\u200Bb".repeat(2000),
	"\u3164",
	"\u2800".repeat(200),
	"\u0001\u0002\u0003\u001B[31mred\u001B[0m",
	"\u2028\u2029",
	"\r\r\r",
	"\u{E0001}\u{E0020}\u{E007F}",
	"\uFFFC\uFFFD\uFFF9",
];

const PILED = [
	`Z${"\u0301\u0300\u0489".repeat(500)}`,
	`${"a\u0336\u0334\u0335".repeat(500)}`,
	"\u0489".repeat(2000),
	"﷽".repeat(300),
	"𒐫".repeat(500),
	"👨‍👩‍👧‍👦".repeat(500),
	"🏴󠁧󠁢󠁥󠁮󠁧󠁿".repeat(300),
	"\u{1F468}\u200D".repeat(1000),
	"ก็็็็็็็็็็็็็็็็็็็็".repeat(20),
	"ௌ".repeat(2000),
];

const LONG = [
	"x".repeat(100_000),
	"W".repeat(100_000),
	"https://example.com/".repeat(5000),
	"<b>".repeat(33_000),
	"a ".repeat(50_000),
	"\u00A0".repeat(20_000),
	"a\n".repeat(50_000),
	"—".repeat(30_000),
	"漢".repeat(30_000),
	"\u202Ex".repeat(30_000),
	`${"(".repeat(20_000)}https://example.com/${")".repeat(20_000)}`,
	`https://example.com/${".".repeat(50_000)}`,
	"```".repeat(10_000),
	"_".repeat(50_000),
];

const LIES = [
	"Alice: I have said this",
	"\nAlice  12:00\nI agree",
	"You were removed from this conversation.",
	"Read by Alice",
	"• ".repeat(400),
	"NaN",
	"undefined",
	"null",
	"[object Object]",
	"0",
];

const single = [
	...MARKUP,
	...ADDRESSES,
	...TURNED,
	...UNSEEN,
	...PILED,
	...LONG,
	...LIES,
];

/** Single messages, then pairs of them up to the required number. */
export const HOSTILE: readonly string[] = [
	...single,
	...Array.from(
		{ length: Math.max(0, 204 - single.length) },
		(_, i) =>
			`${single[(i * 7) % 83]?.slice(0, 400)}\u202E${single[(i * 13 + 5) % 83]?.slice(0, 400)}`,
	),
];
