import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { WebPage } from "@secureconnect/server";
import { compressed } from "./compressed.ts";

/** Directory of the build of apps/web. The path is valid from the sources and from the build of this package. */
const DIRECTORY = fileURLToPath(
	new URL("dist/page/", import.meta.resolve("#package.json")),
);

/** Policy of the page: its own scripts and styles, connections to its own server, no frames. */
const POLICY = [
	"default-src 'none'",
	"script-src 'self'",
	"style-src 'self'",
	"connect-src 'self'",
	"img-src 'self' data:",
	"base-uri 'none'",
	"form-action 'none'",
	"frame-ancestors 'none'",
	"require-trusted-types-for 'script'",
].join("; ");

const CONTENT_TYPES: Readonly<Record<string, string>> = {
	".js": "text/javascript; charset=utf-8",
	".css": "text/css; charset=utf-8",
	".svg": "image/svg+xml",
};

/**
 * Returns the chat page and its assets by path, or undefined if the build does not exist.
 * @param mode where the page gets tokens: from its server in `dev`, from its address or its user in `serve`.
 */
export function chatPage(
	mode: "dev" | "serve",
): ReadonlyMap<string, WebPage> | undefined {
	if (!existsSync(`${DIRECTORY}index.html`)) return undefined;
	const pages = new Map<string, WebPage>();
	for (const name of readdirSync(`${DIRECTORY}assets`)) {
		const contentType = CONTENT_TYPES[extname(name)];
		if (contentType)
			pages.set(`/assets/${name}`, {
				contentType,
				body: readFileSync(`${DIRECTORY}assets/${name}`),
				encoded: builtEncodings(`${DIRECTORY}assets/${name}`),
				// The build puts a hash of the content into the name, so that a name never changes its content.
				headers: headers("public, max-age=31536000, immutable"),
			});
	}
	const html = readFileSync(`${DIRECTORY}index.html`, "utf8").replace(
		'<meta name="secureconnect" content="serve"',
		`<meta name="secureconnect" content="${mode}"`,
	);
	pages.set("/", {
		contentType: "text/html; charset=utf-8",
		body: html,
		encoded: compressed(html),
		headers: headers("no-cache"),
	});
	return pages;
}

/** Reads the compressed forms that the build wrote beside a file. */
function builtEncodings(path: string): Record<string, Buffer> {
	const encoded: Record<string, Buffer> = {};
	for (const [encoding, extension] of [
		["br", "br"],
		["gzip", "gz"],
	] as const)
		if (existsSync(`${path}.${extension}`))
			encoded[encoding] = readFileSync(`${path}.${extension}`);
	return encoded;
}

function headers(caching: string): Record<string, string> {
	return {
		"Cache-Control": caching,
		"Content-Security-Policy": POLICY,
		"Referrer-Policy": "no-referrer",
	};
}
