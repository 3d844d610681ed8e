import {
	asyncApi,
	openApi,
	restPage,
	websocketPage,
} from "@secureconnect/protocol/reference";
import type { Page } from "@secureconnect/server";
import { referencePage } from "./reference-page.ts";
import { version } from "./version.ts";

/** What `dev` serves beside the chat itself: a page whose console may connect, and the references. */
export function devPages(): ReadonlyMap<string, Page> {
	return new Map([
		["/docs", html(landingPage)],
		["/openapi.json", json(openApi(version))],
		["/asyncapi.json", json(asyncApi(version))],
		["/docs/rest", html(referencePage(restPage(version), "/openapi.json"))],
		[
			"/docs/websocket",
			html(referencePage(websocketPage(version), "/asyncapi.json")),
		],
	]);
}

function html(body: string): Page {
	return { contentType: "text/html; charset=utf-8", body };
}

function json(document: unknown): Page {
	return {
		contentType: "application/json; charset=utf-8",
		body: JSON.stringify(document, null, 2),
	};
}

/** A page of the server's own, so that a browser's console has an origin that may connect. It holds no token. */
const landingPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>SecureConnect</title>
<link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark }
a { color: light-dark(#0b57d0, #a8c7fa) }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 15vh auto; padding: 0 1.5rem }
kbd { border: 1px solid; border-radius: .25rem; padding: 0 .3rem }
</style>
<main>
<h1>SecureConnect is running</h1>
<p>Press <kbd>F12</kbd>, open the console, and paste the lines that the terminal printed under
&ldquo;Or in a browser's console&rdquo;. What anyone says in the conversation appears there.</p>
<p>Every frame and request: <a href="/docs/websocket">WebSocket</a>, <a href="/docs/rest">REST</a>.</p>
</main>
</html>
`;
