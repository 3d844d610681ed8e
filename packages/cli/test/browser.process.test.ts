import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { afterAll, beforeEach, expect, onTestFinished, test } from "vitest";
import type { WireFrame } from "../../server/test/support/client.ts";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import {
	ConsolePage,
	closeBrowser,
	FOREIGN_HOST,
	needChromium,
	openBrowser,
} from "./support/browser.ts";
import {
	chatUrl,
	connect,
	type DevProcess,
	type DevUser,
	history,
	startDev,
} from "./support/server-process.ts";

/** Complete example of the original protocol document, unchanged. */
const SAMPLE = readFileSync(
	new URL("fixtures/seed-chat-websocket.js", import.meta.url),
	"utf8",
);

beforeEach(needChromium);
afterAll(closeBrowser);

/** The sample with values for its placeholders, and the edit that its comment asks for. */
function sampleFor(dev: DevProcess, user: DevUser): string {
	const once = (text: string, from: string, to: string): string => {
		expect(text.split(from), `occurrences of ${from}`).toHaveLength(2);
		return text.replace(from, () => to);
	};
	const edits: [string, string][] = [
		["localhost:8082", `localhost:${dev.port}`],
		[
			// biome-ignore lint/suspicious/noTemplateCurlyInString: it is the sample's own text
			"conversation_id=${this.conversationId}`;",
			// biome-ignore lint/suspicious/noTemplateCurlyInString: it is the sample's own text
			"conversation_id=${this.conversationId}&access_token=${this.token}`;",
		],
		["'conversation-uuid'", `'${dev.conversationId}'`],
		["'jwt-token'", `'${user.token}'`],
	];
	return edits.reduce((text, [from, to]) => once(text, from, to), SAMPLE);
}

/** Shows the events of the other callbacks. The sample itself shows messages. */
const SHOW_OTHERS = `
	chat.onTyping = ({ sender_id }) => console.log('typing', sender_id);
	chat.onUserJoined = ({ sender_id }) => console.log('joined', sender_id);
	chat.onUserLeft = ({ sender_id }) => console.log('left', sender_id);
`;

function userId({ token }: DevUser): string {
	const [, payload = ""] = token.split(".");
	return String(
		(
			JSON.parse(Buffer.from(payload, "base64url").toString()) as {
				sub: string;
			}
		).sub,
	);
}

/** Page for a browser's console, whose URL `dev` prints. */
async function consolePageOf(dev: DevProcess): Promise<string> {
	const [, page = ""] = await dev.program.untilPrinted(
		/Browser console.*: (http:\S+\/docs)$/m,
	);
	return page;
}

test("the lines of the page that dev prints work when pasted into the console", async () => {
	const dev = await startDev(temporaryDirectory());
	const page = await consolePageOf(dev);
	expect(page).toBe(`http://localhost:${dev.port}/docs`);
	const bob = await connect(dev, dev.conversationId, "", {
		bearer: dev.users[1].token,
	});
	const browser = await openBrowser();
	const alice = await ConsolePage.open(browser, page);

	await alice.paste(await alice.page.locator("pre").innerText());

	const shown = await alice.untilShown(
		(text) => text.includes("Hello from a browser"),
		"the message",
	);
	expect(JSON.parse(shown)).toEqual(await bob.next("chat"));
	bob.send({ type: "chat", content: "Hello from a terminal" });
	await alice.untilShown(
		(text) => text.includes("Hello from a terminal"),
		"the answer",
	);
});

test("behind a proxy, where dev gives no tokens over HTTP, the lines ask for a token", async () => {
	const dev = await startDev(temporaryDirectory(), [], {
		env: { SECURECONNECT_BEHIND_PROXY: "on" },
	});
	const bob = await connect(dev, dev.conversationId, "", {
		bearer: dev.users[1].token,
	});
	const browser = await openBrowser();
	const alice = await ConsolePage.open(browser, await consolePageOf(dev));
	alice.page.once("dialog", (dialog) => dialog.accept(dev.users[0].token));
	await alice.paste(await alice.page.locator("pre").innerText());
	expect(await bob.next("chat")).toMatchObject({
		content: "Hello from a browser",
	});
});

test("a bare WebSocket in the landing page's console chats, closes with 1000 and leaves at once", async () => {
	const dev = await startDev(temporaryDirectory());
	const [alice, bob] = dev.users;
	const other = await connect(dev, dev.conversationId, "", {
		bearer: bob.token,
	});
	const browser = await openBrowser();
	const page = await ConsolePage.open(
		browser,
		`http://localhost:${dev.port}/docs`,
	);
	const url = `ws://localhost:${dev.port}/v1/ws/chat?conversation_id=${dev.conversationId}&access_token=${alice.token}`;

	await page.paste(`const ws = new WebSocket('${url}');

ws.onopen = () => console.log('Connected!');
ws.onmessage = (e) => console.log('Received:', JSON.stringify(JSON.parse(e.data)));
ws.onclose = (e) => console.log('Closed', e.code, e.wasClean);`);
	await page.untilShown((text) => text === "Connected!", "Connected!");
	await page.paste(`ws.send(JSON.stringify({
  type: 'chat',
  content: 'Test message',
  is_encrypted: false,
  message_type: 'text'
}));`);

	const frame = await other.next("chat");
	expect(frame).toMatchObject({ content: "Test message", seq: 1 });
	const received = await page.untilShown(
		(text) => text.includes("Test message"),
		"its own copy",
	);
	expect(JSON.parse(received.replace("Received: ", ""))).toEqual(frame);

	await page.paste("ws.close(1000)");
	await page.untilShown((text) => text === "Closed 1000 true", "a clean close");
	expect(await other.next("user_left")).toMatchObject({
		sender_id: userId(alice),
	});
});

test("two pages with the sample class chat and see typing, joining and leaving", async () => {
	const dev = await startDev(temporaryDirectory());
	const ids = dev.users.map(userId);
	const home = `http://localhost:${dev.port}/docs`;
	const browser = await openBrowser();
	const alice = await ConsolePage.open(browser, home);
	const bob = await ConsolePage.open(browser, home);
	const shows = (page: ConsolePage, line: string): Promise<string> =>
		page.untilShown((text) => text === line, line);

	await alice.paste(sampleFor(dev, dev.users[0]) + SHOW_OTHERS);
	await shows(alice, "✅ Connected");
	// The sample queues the message until the connection is open.
	await shows(alice, "New message: Hello, WebSocket!");
	await shows(alice, `joined ${ids[0]}`);

	await bob.paste(sampleFor(dev, dev.users[1]) + SHOW_OTHERS);
	await shows(alice, `joined ${ids[1]}`);
	await shows(bob, "New message: Hello, WebSocket!");

	await alice.paste("chat.sendTyping(); chat.sendChat('Was I seen typing?')");
	await shows(bob, `typing ${ids[0]}`);
	await shows(bob, "New message: Was I seen typing?");
	await shows(alice, "New message: Was I seen typing?");
	expect(alice.shown).not.toContain(`typing ${ids[0]}`);
	await bob.paste("chat.sendChat('You were')");
	await shows(alice, "New message: You were");

	await bob.paste("chat.close()");
	await shows(bob, "🔌 Disconnected: 1000");
	await shows(alice, `left ${ids[1]}`);
	expect(await bob.paste("chat.reconnectAttempts")).toBe(0);
});

test("a page with the sample class reconnects after a restart of the server", async () => {
	const data = temporaryDirectory();
	const dev = await startDev(data);
	const browser = await openBrowser();
	const page = await ConsolePage.open(
		browser,
		`http://localhost:${dev.port}/docs`,
	);
	await page.paste(sampleFor(dev, dev.users[0]));
	await page.untilShown(
		(text) => text === "New message: Hello, WebSocket!",
		"the message",
	);

	dev.program.kill("SIGTERM");
	expect(await dev.program.ending()).toEqual({ code: 0, signal: null });
	await page.untilShown(
		(text) => text === "🔌 Disconnected: 1001",
		"the server's goodbye",
	);
	await page.paste("chat.sendChat('Said while the server was away')");
	// The later --port overrides the first, which selects a free port.
	const again = await startDev(data, ["--port", String(dev.port)]);

	await page.untilShown(
		(text) => text === "New message: Said while the server was away",
		"the queued message",
	);
	const kept = await history(again, dev.conversationId, again.users[0].token);
	expect(kept.map(({ seq, content }) => [seq, content])).toEqual([
		[1, "Hello, WebSocket!"],
		[2, "Said while the server was away"],
	]);
});

/** A page of a foreign origin, on a host name that resolves to this machine. */
async function foreignOrigin(): Promise<string> {
	const site = createServer((_request, response) => {
		response.setHeader("Content-Type", "text/html").end("<!doctype html>");
	});
	await new Promise<void>((resolve) => {
		site.listen(0, "127.0.0.1", resolve);
	});
	onTestFinished(() => void site.close());
	const address = site.address();
	if (typeof address !== "object" || !address) throw new Error("no port");
	return `http://${FOREIGN_HOST}:${address.port}`;
}

const ATTEMPT = (url: string): string => `
	await new Promise((resolve) => {
		const ws = new WebSocket('${url}');
		ws.onopen = () => { resolve('open'); ws.close(1000); };
		ws.onclose = () => resolve('refused');
	})`;

test("a page of a foreign origin gets 403, even with a valid token, and its user does not join", async () => {
	const dev = await startDev(temporaryDirectory());
	const [alice, bob] = dev.users;
	const other = await connect(dev, dev.conversationId, "", {
		bearer: bob.token,
	});
	const origin = await foreignOrigin();
	const browser = await openBrowser();
	const page = await ConsolePage.open(browser, `${origin}/`);
	const url = chatUrl(dev, dev.conversationId, { access_token: alice.token });

	expect(await page.paste(ATTEMPT(url))).toBe("refused");
	await page.untilShown(
		(text) => text.includes("Unexpected response code: 403"),
		"the refusal",
	);
	const read = `await fetch('http://${dev.address}/v1/conversations', { headers: { Authorization: 'Bearer ${alice.token}' } })
		.then(({ status }) => status, () => 'refused')`;
	expect(await page.paste(read)).toBe("refused");
	await other.settle();
	const senders = other.of("user_joined").map((f: WireFrame) => f.sender_id);
	expect(senders).toEqual([userId(bob)]);
});

test("a page of a foreign origin connects if --allowed-origins lists its origin", async () => {
	const origin = await foreignOrigin();
	const dev = await startDev(temporaryDirectory(), [], {
		env: { SECURECONNECT_ALLOWED_ORIGINS: origin },
	});
	const browser = await openBrowser();
	const page = await ConsolePage.open(browser, `${origin}/`);
	const url = chatUrl(dev, dev.conversationId, {
		access_token: dev.users[0].token,
	});

	expect(await page.paste(ATTEMPT(url))).toBe("open");
	const read = `await fetch('http://${dev.address}/v1/conversations', { headers: { Authorization: 'Bearer ${dev.users[0].token}' } })
		.then(({ status }) => status)`;
	expect(await page.paste(read)).toBe(200);
});
