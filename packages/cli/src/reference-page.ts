import type { Page, Section, Table } from "@secureconnect/protocol/reference";

/** Renders a reference as an HTML page without scripts and external files, for phones and screen readers too. */
export function referencePage(page: Page, document: string): string {
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${text(page.title)} - SecureConnect</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<nav aria-label="Contents">
<p><a href="/docs">SecureConnect</a></p>
<p><a href="/docs/rest">REST</a> &middot; <a href="/docs/websocket">WebSocket</a></p>
<ul>
${page.sections.map(({ id, title }) => `<li><a href="#${id}">${words(title).replaceAll("/", "/<wbr>")}</a></li>`).join("\n")}
</ul>
</nav>
<main>
<h1>${text(page.title)}</h1>
${page.text.map((line) => `<p>${words(line)}</p>`).join("\n")}
<p>For programs: <a href="${document}">${document}</a>.</p>
${linked(page.sections)}
</main>
</body>
</html>
`;
}

const STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent) }
* { box-sizing: border-box }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; display: grid; grid-template-columns: 19rem minmax(0, 1fr) }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem; border-right: 1px solid var(--line); font-size: .875rem }
nav ul { list-style: none; padding: 0; margin: 0 }
nav li { padding: .15rem 0; overflow-wrap: anywhere }
main { max-width: 60rem; padding: 1rem 2rem 6rem }
section { border-top: 1px solid var(--line); margin-top: 2rem }
h2 { font-size: 1.2rem; overflow-wrap: anywhere }
a { color: light-dark(#0b57d0, #a8c7fa); text-underline-offset: .15em }
code, pre { font-family: ui-monospace, monospace; font-size: .875em }
pre { padding: .75rem; border: 1px solid var(--line); border-radius: .4rem; overflow: auto }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem }
caption { text-align: left; font-weight: 600; padding: .3rem 0 }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line) }
@media (max-width: 50rem) {
	body { display: block }
	nav { position: static; height: auto; max-height: 40vh; border-right: 0; border-bottom: 1px solid var(--line) }
	main { padding: 1rem 1rem 4rem }
	table, tbody, tr, th[scope=row], td { display: block }
	thead { position: absolute; clip-path: inset(50%) }
	th[scope=row], td { border: 0; padding: .05rem 0 }
	tr { border-bottom: 1px solid var(--line); padding: .4rem 0 }
}`;

/** Renders the sections, with a link from each name of a shape to the shape. */
function linked(sections: readonly Section[]): string {
	const shapes = sections.flatMap(({ id, title }) =>
		id.startsWith("shape-") ? [title.replace("Shape: ", "")] : [],
	);
	const html = sections.map(section).join("\n");
	if (shapes.length === 0) return html;
	return html.replaceAll(
		new RegExp(
			`(<td>|is |of |or )(${shapes.join("|")})(?=</td>|\\.| or )`,
			"g",
		),
		(_, before: string, name: string) =>
			`${before}<a href="#shape-${name.toLowerCase()}">${name}</a>`,
	);
}

function section({ id, title, text: lines, tables, example }: Section): string {
	return `<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${words(title)}</h2>
${lines.map((line) => `<p>${words(line)}</p>`).join("\n")}
${tables.map(table).join("\n")}
${example === undefined ? "" : `<pre tabindex="0" aria-label="Example">${text(JSON.stringify(example, null, 2))}</pre>`}
</section>`;
}

function table({ caption, head, rows }: Table): string {
	const cells = (row: readonly string[]): string =>
		row
			.map((cell, i) =>
				i === 0
					? `<th scope="row">${words(cell)}</th>`
					: `<td>${words(cell)}</td>`,
			)
			.join("");
	return `<div class="scroll"><table>
<caption>${text(caption)}</caption>
<thead><tr>${head.map((cell) => `<th scope="col">${text(cell)}</th>`).join("")}</tr></thead>
<tbody>
${rows.map((row) => `<tr>${cells(row)}</tr>`).join("\n")}
</tbody>
</table></div>`;
}

/** Escapes a text and renders the parts in backticks as code. */
function words(line: string): string {
	return text(line).replaceAll(/`([^`]+)`/g, "<code>$1</code>");
}

function text(value: string): string {
	return value
		.replaceAll("&", "&amp;")
		.replaceAll("<", "&lt;")
		.replaceAll(">", "&gt;")
		.replaceAll('"', "&quot;");
}
