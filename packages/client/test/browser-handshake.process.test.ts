import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { afterAll, beforeEach, expect, onTestFinished, test } from "vitest";
import {
	closeBrowser,
	FOREIGN_HOST,
	needChromium,
} from "../../cli/test/support/browser.ts";
import { token } from "../../server/test/support/token.ts";
import { Scene } from "./support/scene.ts";
import { isReady, shows } from "./support/site.ts";

beforeEach(needChromium);
afterAll(closeBrowser);

test("the token travels in the subprotocol list and in headers, and in no URL", async () => {
	const scene = await Scene.set();
	const mine = await token(scene.alice.user);
	const useless = await token(
		scene.alice.user,
		{},
		"another secret of 32 bytes or more",
	);
	const made = [useless, mine];
	// The server rejects the first token, so that the checked requests include the probe.
	scene.site.tokens = async () => made.shift() ?? mine;
	const page = await scene.site.open(scene.context, scene.alice);
	await isReady(page);
	await page.evaluate(() => app.write(["hello"]));
	await shows(page, () => app.with("acknowledged"), ["hello"]);
	await shows(page, () => app.history(), ["hello"]);

	const { seen } = scene.relay;
	const targets = Array.from(
		seen.matchAll(/^(?:GET|OPTIONS) (\S+) HTTP\/1\.1\r$/gm),
		([, target = ""]) => target,
	);
	// Two handshakes, the probe between them, the history, and the browser's preflight requests.
	expect(targets.length).toBeGreaterThanOrEqual(4);
	expect(targets.some((target) => target.includes("/messages"))).toBe(true);
	for (const jwt of [useless, mine]) {
		expect(seen).toMatch(
			new RegExp(
				`^Sec-WebSocket-Protocol: secureconnect\\.v1, bearer\\.${jwt.replaceAll(".", "\\.")}\r$`,
				"m",
			),
		);
		const [, payload = ""] = jwt.split(".");
		for (const target of targets) expect(target).not.toContain(payload);
	}
	expect(targets.join()).not.toContain("access_token");
});

test("a page of a different host detects a 401, and connects when it has a valid token", async () => {
	const scene = await Scene.set({}, FOREIGN_HOST);
	scene.site.tokens = (userId) =>
		token(userId, {}, "another secret of 32 bytes or more");
	const page = await scene.site.open(scene.context, scene.alice);
	await shows(page, () => app.outcome(), ["unauthorized", 401]);

	scene.site.tokens = token;
	await page.evaluate(() => app.reconnect());
	await isReady(page);
});

test("a page of a different host detects a 403 for a user who is not a participant, and its messages fail", async () => {
	const scene = await Scene.set(
		{ SECURECONNECT_CONVERSATIONS: "members" },
		FOREIGN_HOST,
	);
	const page = await scene.site.open(scene.context, scene.alice);
	await page.evaluate(() => app.write(["to strangers"]));
	await shows(page, () => app.outcome(), ["forbidden", 403]);
	await shows(page, () => app.with("failed"), ["to strangers"]);
});

test("a page of a different host detects a 503 and its wait, and connects when there is room", async () => {
	const scene = await Scene.set(
		{ SECURECONNECT_MAX_CONNECTIONS: "1" },
		FOREIGN_HOST,
	);
	const bob = await scene.bob();
	const page = await scene.site.open(scene.context, scene.alice);
	await shows(page, () => String(app.outcome()).split(",")[0], "told to wait");
	await bob.close();
	await isReady(page);
});

test("a page whose origin is not allowed gets no reason, and retries on the schedule", async () => {
	const scene = await Scene.set(
		{ SECURECONNECT_ALLOWED_ORIGINS: "https://elsewhere.example" },
		FOREIGN_HOST,
	);
	const page = await scene.site.open(scene.context, scene.alice);
	await shows(page, () => app.states().slice(0, 4), [
		...["authorising", "connecting", "probing", "waiting"],
	]);
});

test("a page detects a 429, and waits for the given time", async () => {
	const scene = await Scene.set();
	const busy = createServer((request, response) => {
		response.setHeader("Access-Control-Allow-Origin", scene.site.origin);
		response.setHeader("Access-Control-Allow-Headers", "Authorization");
		response.setHeader("Access-Control-Expose-Headers", "Retry-After");
		if (request.method === "OPTIONS") response.writeHead(204).end();
		else
			response
				.writeHead(429, { "Retry-After": "77" })
				.end('{"error":"too many requests"}');
	});
	busy.on("upgrade", (_request, socket) => {
		socket.on("error", () => {});
		socket.end("HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n");
	});
	await new Promise<void>((resolve) =>
		busy.listen(0, "127.0.0.1", () => resolve()),
	);
	onTestFinished(() => {
		busy.close();
		busy.closeAllConnections();
	});
	scene.relay.target = (busy.address() as AddressInfo).port;
	const page = await scene.site.open(scene.context, scene.alice);
	await shows(page, () => app.outcome(), ["told to wait", 77_000]);
});

test("a page beyond the limits of the shared socket and of Chromium reports the conversations without a connection, and connects them when others close", async () => {
	const scene = await Scene.set();
	const page = await scene.context.newPage();
	await page.clock.install();
	await page.goto(scene.site.address(scene.alice));
	await isReady(page);
	// Chromium spreads many handshakes over several seconds, which do not pass on the page's clock.
	await page.clock.pauseAt(Date.now() + 60_000);
	// Chromium opens at most 255 sockets. One of them is shared by 200 conversations, of which the page has one.
	await page.evaluate(() => app.openOthers(499));
	await shows(page, () => app.othersBy("open"), 199 + 254);
	await shows(page, () => app.othersBy("waiting"), 46);
	await shows(page, () => app.othersBy("handshake_failed"), 46);
	await page.evaluate(() => app.closeOthers(50));
	await page.clock.resume();
	await shows(page, () => app.othersBy("open"), 449);
	await shows(page, () => app.othersBy("handshake_failed"), 0);
});

test("a handshake without an answer ends after 15 s, and the page learns the reason", async () => {
	const scene = await Scene.set();
	const mute = createTcpServer((socket) => socket.resume());
	await new Promise<void>((resolve) =>
		mute.listen(0, "127.0.0.1", () => resolve()),
	);
	onTestFinished(() => void mute.close());
	scene.relay.target = (mute.address() as AddressInfo).port;
	const page = await scene.context.newPage();
	await page.clock.install();
	await page.goto(scene.site.address(scene.alice));
	await shows(
		page,
		() => [app.state().name, app.state().problem?.code ?? null],
		["connecting", null],
	);
	await page.clock.fastForward(15_000);
	await shows(page, () => app.state().problem?.code, "handshake_failed");
});
