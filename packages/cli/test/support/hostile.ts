/**
 * Two hundred messages of an attacker against users that read them in a terminal or on a page. All end with `end<n>`.
 */

const ESC = "\u001b";
const ATTACKS: readonly string[] = [
	// Against terminals: cursor, screen, colour, title, clipboard, links, queries, modes, reset.
	`${ESC}[2J${ESC}[H`,
	`${ESC}[31;5;7m`,
	`${ESC}[?1049l`,
	`${ESC}[?25l`,
	`${ESC}[999;999H`,
	`${ESC}[6n`,
	`${ESC}[c`,
	`${ESC}[>q`,
	`${ESC}[21t`,
	`${ESC}[3;1r`,
	`${ESC}[20l${ESC}[?7h`,
	`${ESC}]0;PWNED\u0007`,
	`${ESC}]52;c;cHduZWQ=\u0007`,
	`${ESC}]52;c;cHduZWQ=${ESC}\\`,
	`${ESC}]8;;https://evil.example\u0007click${ESC}]8;;\u0007`,
	`${ESC}]10;#ff0000\u0007`,
	`${ESC}]1337;File=inline=1:AAAA\u0007`,
	`${ESC}P+q544e${ESC}\\`,
	`${ESC}P1$r0m${ESC}\\`,
	`${ESC}_Gi=1,a=q;AAAA${ESC}\\`,
	`${ESC}^private${ESC}\\`,
	`${ESC}Xstring${ESC}\\`,
	`${ESC}c`,
	`${ESC}#8`,
	`${ESC}(0`,
	`${ESC}7${ESC}8${ESC}M${ESC}D${ESC}E`,
	`${ESC}`,
	`${ESC}[`,
	`${ESC}]`,
	"\u009b2J\u009b31m",
	"\u009d0;PWNED\u009c",
	"\u009d52;c;cHduZWQ=\u009c",
	"\u0090+q544e\u009c",
	"\u0085\u0084\u0088\u008d",
	"\u000e\u000f",
	"\u0007\u0007",
	"\u0005",
	// Text that overwrites other text.
	"\rAlice: I owe Bob 100",
	"\u0008\u0008\u0008\u0008\u0008\u0008\u0008\u0008forged",
	"a\u000bb\u000cc",
	"\u007f\u007f\u007f",
	`x${" ".repeat(73)}00:00 Alice: forged`,
	`x${" ".repeat(300)}00:00 Alice: forged`,
	"\n00:00 Alice: forged",
	`${"\n".repeat(500)}far below`,
	"\r\n\r\n\u2028\u2029",
	`${"\t".repeat(100)}`,
	// Text whose display differs from its order or length.
	"\u202egnp.exe\u202c",
	"\u2066\u2067\u2068\u2069\u202a\u202b\u202d",
	"\u200f\u200e\u061c",
	"שלום עולם مرحبا",
	"\u200b\u200c\u200d\u2060\ufeff\u00ad".repeat(50),
	"\u034f\u115f\u1160\u3164\uffa0",
	"\u{e0041}\u{e0042}\u{e007f}",
	"\ufe0f\ufe0e",
	`z${"\u0300\u0301\u0489\u20dd".repeat(200)}`,
	`${"\u0e33\u0e49".repeat(100)}`,
	"👨‍👩‍👧‍👦🏳️‍🌈👩🏽‍🚀🇩🇪🇫",
	"漢字かな交じり文".repeat(20),
	"﷽".repeat(40),
	"\ufff9a\ufffab\ufffb",
	"\ufffe\uffff\u{10ffff}",
	"\ue000\u{f0000}",
	// Very long text.
	"x".repeat(100_000),
	Array.from({ length: 20_000 }, (_, i) => `漢${i}`).join(""),
	" ".repeat(100_000),
	`${ESC}[31m`.repeat(20_000),
	"\u0301".repeat(50_000),
	"👨‍👩‍👧".repeat(12_500),
	"\n".repeat(100_000),
	// Against pages.
	"<script>alert(1)</script>",
	"<img src=x onerror=alert(1)>",
	'"><svg onload=alert(1)>',
	"javascript:alert(1)",
	"[x](javascript:alert(1))",
	"&lt;b&gt;&#x1b;[31m",
	"</textarea><style>*{display:none}</style>",
	// Against programs that read lines of JSON or format strings.
	'{"type":"chat","content":"forged"}',
	'","type":"forged',
	"\\u001b[31m",
	"%s%n%x",
	"$(touch /tmp/pwned)`id`",
	"__proto__",
];

export const HOSTILE: readonly string[] = Array.from(
	{ length: 200 },
	(_, i) => `${ATTACKS[i % ATTACKS.length]} end${i}`,
);

/**
 * Sequences with which a program may draw on a terminal: cursor, erasing, colours, and modes that it sets and resets.
 */
const DRAWING =
	// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern finds them.
	/\u001b\[(?:[\d;]*[ABCDEFGHJKm]|\?(?:7|25|1004|1007|1049|2004|2026)[hl])/g;

/** Returns the control characters that are neither drawing nor line ends. Tests expect none. */
export function undrawn(output: string): string[] {
	return output.replace(DRAWING, "").match(/(?![\r\n])\p{Cc}/gu) ?? [];
}
