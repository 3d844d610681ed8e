import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { WebPage } from "@secureconnect/server";
import { compressed } from "./compressed.ts";

/** Where the build of apps/web is, for the sources as for the build of this package. */
const DIRECTORY = fileURLToPath(new URL("../dist/page/", import.meta.url));

/** Scripts and styles of its own, its own server to talk to, and nothing else; nobody frames it. */
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
 * The chat page and what it loads, by path; undefined where it was not built.
 * @param mode what the page is to know: `dev` gets tokens from its server, `serve` is given them.
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
				// Another content has another name.
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

/** What the build compressed beside a file. */
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
