/** Generates the references from the schemas: two documents for programs and one page for readers. */
import {
	asyncApi,
	openApi,
	type Page,
	restPage,
	type Section,
	type Table,
	websocketPage,
} from "@secureconnect/protocol/reference";
import { read } from "./rules.ts";

const { version } = JSON.parse(read("packages/protocol/package.json")) as {
	version: string;
};

export function openApiFile(): string {
	return `${JSON.stringify(openApi(version), null, "\t")}\n`;
}

export function asyncApiFile(): string {
	return `${JSON.stringify(asyncApi(version), null, "\t")}\n`;
}

/** Returns the content of docs/api.md. */
export function apiPage(): string {
	return `# API documentation

This page lists every frame, every REST request and every field. The guides are shorter: [frames](frames.md) for the
WebSocket, [REST](rest.md) for requests. The [specification](../spec/protocol.md) has the rules behind both. Programs can
read [OpenAPI](reference/openapi.json) and [AsyncAPI](reference/asyncapi.json). \`secureconnect dev\` serves both, and pages
for people under \`/docs/rest\` and \`/docs/websocket\`.

**Authentication.** Your application signs a JWT for its user. \`user_id\` (or else \`sub\`) is the user's UUID, \`exp\` is
required, and other participants see \`name\`. Send the token in \`Authorization: Bearer\`. A browser cannot set a header on
a WebSocket: it offers the subprotocols \`secureconnect.v1\` and \`bearer.<token>\` instead.

\`npm run docs\` generates this page from the schemas.

${[websocketPage(version), restPage(version)].map(page).join("\n")}`;
}

function page({ title, text, sections }: Page): string {
	return `## ${title}

${text.join("\n\n")}

${sections.map(section).join("\n")}`;
}

function section({ title, text, tables, example }: Section): string {
	return `### ${title}

${[
	...text,
	...tables.map(table),
	...(example === undefined
		? []
		: [
				`\`\`\`${isFrame(example) ? "json" : "jsonc"}\n${JSON.stringify(example, null, 2)}\n\`\`\``,
			]),
].join("\n\n")}
`;
}

/** Tells whether an example is a frame. Blocks marked `json` are frames, and a test checks them. */
function isFrame(example: unknown): boolean {
	return typeof example === "object" && example !== null && "type" in example;
}

function table({ head, rows }: Table): string {
	const row = (cells: readonly string[]): string =>
		`| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
	return [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");
}
