import {
	asyncApi,
	openApi,
	restPage,
	websocketPage,
} from "@secureconnect/protocol/reference";
import type { WebPage } from "@secureconnect/server";
import { compressed } from "./compressed.ts";
import { CONVERSATION_ID } from "./dev-people.ts";
import { referencePage } from "./reference-page.ts";
import { version } from "./version.ts";

/**
 * Returns the pages that `dev` serves besides the chat page: a page whose console can connect, and the references.
 * @param hasSignIn whether the lines for the console can request a token from `/dev/sign-in`
 */
export function devPages(hasSignIn: boolean): ReadonlyMap<string, WebPage> {
	return new Map([
		["/docs", html(() => landingPage(hasSignIn ? withSignIn : withToken))],
		["/openapi.json", json(() => openApi(version))],
		["/asyncapi.json", json(() => asyncApi(version))],
		[
			"/docs/rest",
			html(() => referencePage(restPage(version), "/openapi.json")),
		],
		[
			"/docs/websocket",
			html(() => referencePage(websocketPage(version), "/asyncapi.json")),
		],
	]);
}

function html(write: () => string): WebPage {
	return new PageOnRequest("text/html; charset=utf-8", write);
}

function json(document: () => unknown): WebPage {
	return new PageOnRequest("application/json; charset=utf-8", () =>
		JSON.stringify(document(), null, 2),
	);
}

/** Page that is written at its first request. The references would take a third of the time of a start. */
class PageOnRequest implements WebPage {
	readonly contentType: string;
	readonly #write: () => string;
	#body: string | undefined;
	#encoded: WebPage["encoded"];

	constructor(contentType: string, write: () => string) {
		this.contentType = contentType;
		this.#write = write;
	}

	get body(): string {
		this.#body ??= this.#write();
		return this.#body;
	}
	get encoded(): NonNullable<WebPage["encoded"]> {
		this.#encoded ??= compressed(this.body);
		return this.#encoded;
	}
}

/** Lines for the console. The first part gets a token; the second is the same for every token. */
const withSignIn = `const signIn = await fetch("/dev/sign-in", {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: '{"person":"alice"}',
});
const { token, conversation_id } = await signIn.json();`;
const withToken = `const conversation_id = "${CONVERSATION_ID}";
const token = prompt("Token that the terminal shows or secureconnect token prints");`;
const connecting = `const ws = new WebSocket(
  location.origin.replace("http", "ws") + "/v1/ws/chat?conversation_id=" + conversation_id,
  ["secureconnect.v1", "bearer." + token],
);
ws.onmessage = (event) => console.log(event.data);
ws.onopen = () => ws.send(JSON.stringify({ type: "chat", content: "Hello from a browser" }));`;

/** Renders a page from whose origin a browser's console can connect. The page contains no token. */
function landingPage(token: string): string {
	return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>SecureConnect</title>
<link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark }
a { color: light-dark(#0b57d0, #a8c7fa) }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 48rem; margin: 10vh auto; padding: 0 1.5rem }
kbd { border: 1px solid; border-radius: .25rem; padding: 0 .3rem }
pre { border: 1px solid light-dark(#ccc, #444); border-radius: .5rem; padding: 1rem; overflow-x: auto; font-size: .85rem }
</style>
<main>
<h1>SecureConnect is running</h1>
<p>Press <kbd>F12</kbd>, open the console, and paste these lines (Chrome asks you to type &ldquo;allow pasting&rdquo; first).
The console then shows every message of the conversation.</p>
<pre>${`${token}\n${connecting}`.replaceAll("<", "&lt;")}</pre>
<p>Reference of every frame and request: <a href="/docs/websocket">WebSocket</a>, <a href="/docs/rest">REST</a>.</p>
</main>
</html>
`;
}
