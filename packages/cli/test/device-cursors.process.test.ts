/** Cuts wscat and a bare WebSocket in the middle of a stream. Both keep only the name of their device. */
import { randomUUID } from "node:crypto";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { TestClient } from "../../server/test/support/client.ts";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { token } from "../../server/test/support/token.ts";
import {
	ConsolePage,
	closeBrowser,
	needChromium,
	openBrowser,
} from "./support/browser.ts";
import { type Program, ROOT, start } from "./support/program.ts";
import {
	chatUrl,
	rest,
	type ServerProcess,
	startServe,
} from "./support/server-process.ts";

const WSCAT = join(ROOT, "node_modules/.bin/wscat");
/** Number of messages before each cut, and number of cuts. */
const BURST = 40;
const CUTS = 3;

afterAll(closeBrowser);

/** Entries that a device has received over all its connections. */
class Seen {
	readonly seqs: number[] = [];

	/**
	 * Checks that the device has every entry, in order. Repeated entries are in order too and start at an earlier entry.
	 */
	expectAll(to: number): void {
		let next = 1;
		for (const seq of this.seqs) {
			expect(seq, `after ${next - 1}`).toBeLessThanOrEqual(next);
			next = Math.max(next, seq + 1);
		}
		expect(next - 1).toBe(to);
	}
}

interface Room {
	readonly id: string;
	readonly talker: string;
	readonly reader: string;
	sent: number;
}

async function makeRoom(server: ServerProcess): Promise<Room> {
	const id = randomUUID();
	const [talker, reader] = [randomUUID(), randomUUID()];
	const bearer = await token(talker);
	const { status } = await rest(server, "POST", "/v1/conversations", bearer, {
		conversation_id: id,
		participant_ids: [reader],
	});
	expect(status).toBe(201);
	return { id, talker: bearer, reader: await token(reader), sent: 0 };
}

/** Sends a burst. Resolves when the server has stored all of it. */
async function burst(server: ServerProcess, room: Room): Promise<void> {
	const from = room.sent;
	room.sent += BURST;
	const client = await TestClient.open(
		chatUrl(server, room.id, { access_token: room.talker }),
	);
	for (let i = from + 1; i <= room.sent; i++)
		client.send({ type: "chat", content: `m${i}` });
	await client.waitFor(({ content }) => content === `m${room.sent}`);
	await client.close();
}

function deviceUrl(
	server: { readonly address: string },
	room: Room,
	device: string,
): string {
	return chatUrl(server, room.id, {
		access_token: room.reader,
		device_id: device,
	});
}

/** Starts wscat for a device and records its frames as it prints them. */
async function wscat(url: string, seen: Seen): Promise<Program> {
	const program = start(WSCAT, ["-c", url]);
	await program.untilPrinted(/user_joined/);
	let lines = 0;
	const take = (): undefined => {
		const all = program.stdout.split("\n").slice(0, -1);
		for (const line of all.slice(lines)) {
			const { seq } = JSON.parse(line.replace(/^(> )+/, "")) as {
				seq?: number;
			};
			if (seq !== undefined) seen.seqs.push(seq);
		}
		lines = all.length;
	};
	void program.until(take, "its end", 60_000).catch(take);
	return program;
}

test("[GA-11] wscat with a device name, killed repeatedly in the middle of a stream, receives everything", async () => {
	const server = await startServe(temporaryDirectory());
	const room = await makeRoom(server);
	const [device, seen] = [randomUUID(), new Seen()];
	const url = deviceUrl(server, room, device);
	for (let i = 0; i < CUTS; i++) {
		const program = await wscat(url, seen);
		const talking = burst(server, room);
		await program.untilPrinted(new RegExp(`"m${room.sent - BURST / 2}"`));
		await program.killHard();
		await talking;
	}
	const last = await wscat(url, seen);
	// On a busy machine, the killed wscat may have received everything. The server then repeats nothing.
	await burst(server, room);
	await last.untilPrinted(new RegExp(`"m${room.sent}"`));
	await last.killHard();
	seen.expectAll(room.sent);
});

test("[GA-11] wscat with a device name receives everything although the server is killed with kill -9", async () => {
	const data = temporaryDirectory();
	let server = await startServe(data);
	const room = await makeRoom(server);
	const [device, seen] = [randomUUID(), new Seen()];
	for (let i = 0; i < CUTS; i++) {
		const program = await wscat(deviceUrl(server, room, device), seen);
		await burst(server, room);
		await server.program.killHard();
		await program.ending();
		server = await startServe(data);
	}
	const last = await wscat(deviceUrl(server, room, device), seen);
	await burst(server, room);
	await last.untilPrinted(new RegExp(`"m${room.sent}"`));
	await last.killHard();
	seen.expectAll(room.sent);
});

/** Relay to a server that can reset all its connections. */
async function relay(
	server: ServerProcess,
): Promise<{ address: string; reset: () => void }> {
	const sockets = new Set<Socket>();
	const listener = createServer((near) => {
		const far = connect(server.port, "127.0.0.1");
		near.pipe(far).pipe(near);
		for (const socket of [near, far]) {
			sockets.add(socket);
			socket.on("error", () => {});
			socket.on("close", () => {
				sockets.delete(socket);
				near.destroy();
				far.destroy();
			});
		}
	});
	await new Promise<void>((resolve) =>
		listener.listen(0, "127.0.0.1", () => resolve()),
	);
	onTestFinished(() => {
		for (const socket of sockets) socket.destroy();
		listener.close();
	});
	const address = listener.address();
	if (typeof address !== "object" || !address) throw new Error("no port");
	return {
		address: `127.0.0.1:${address.port}`,
		reset: () => {
			for (const socket of sockets) socket.resetAndDestroy();
		},
	};
}

/** Simple lines for a console: they reconnect after a close, and keep only the name of the device. */
const PAGE = (url: string): string => `
	const open = () => {
		const ws = new WebSocket('${url}');
		ws.onmessage = (event) => console.log(event.data);
		ws.onclose = () => setTimeout(open, 50);
	};
	open();`;

test("[GA-11] a bare WebSocket with a device name, reset in the middle of a stream, receives everything", async (context) => {
	needChromium(context);
	const server = await startServe(temporaryDirectory(), [], {
		SECURECONNECT_ALLOWED_ORIGINS: "*",
	});
	const room = await makeRoom(server);
	const proxy = await relay(server);
	const browser = await openBrowser();
	const page = await ConsolePage.open(browser, `http://${server.address}/`);
	const isJoined = (text: string): boolean => text.includes("user_joined");
	await page.paste(PAGE(deviceUrl(proxy, room, randomUUID())));
	for (let i = 0; i < CUTS; i++) {
		await page.untilShown(isJoined, "that it has joined");
		const talking = burst(server, room);
		const half = `"m${room.sent - BURST / 2}"`;
		await page.untilShown((text) => text.includes(half), half);
		proxy.reset();
		await talking;
	}
	await page.untilShown((text) => text.includes(`"m${room.sent}"`), "the last");
	const seen = new Seen();
	for (const text of page.shown) {
		// The browser's own error lines are among them.
		const [json = "{}"] = /^\{.*\}$/.exec(text) ?? [];
		const { seq } = JSON.parse(json) as { seq?: number };
		if (seq !== undefined) seen.seqs.push(seq);
	}
	seen.expectAll(room.sent);
});
