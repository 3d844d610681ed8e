import { randomUUID } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { entries, expectError, say } from "./support/chat.ts";
import {
	clientFrame,
	deflatedFrame,
	Opcode,
	openRaw,
	textFrame,
	unfinishedDeflatedFrame,
} from "./support/raw-socket.ts";
import { startTestServer } from "./support/server.ts";

const MIB = 1024 * 1024;
const FIRST_FRAGMENT = 0x01;
const LATER_FRAGMENT = 0x00;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

function rss(): number {
	collect();
	return process.memoryUsage().rss;
}

test("[CO-5] unfinished compressed messages cost their received bytes, not their inflated size", async () => {
	const server = await startTestServer();
	const conversation = randomUUID();
	const witness = await server.connect(conversation, randomUUID());
	const sockets = await Promise.all(
		Array.from({ length: 300 }, () =>
			openRaw(server, conversation, { deflates: true }),
		),
	);
	const before = rss();
	const fragment = unfinishedDeflatedFrame(" ".repeat(1_000_000));
	expect(fragment.length).toBeLessThan(2000);
	for (const { socket } of sockets) {
		socket.write(fragment);
		// The pong to this ping shows that the server has read the fragment.
		socket.write(clientFrame(0x80 | Opcode.ping, Buffer.of()));
	}
	await Promise.all(
		sockets.map(({ frame }) => frame(({ opcode }) => opcode === Opcode.pong)),
	);
	expect((rss() - before) / MIB).toBeLessThan(60);
	const [first] = sockets;
	first?.socket.write(clientFrame(0x80 | LATER_FRAGMENT, Buffer.of()));
	// Too many characters outside strings: the error shows that the frame was inflated and read.
	await first?.frame(({ payload }) => payload.includes("invalid_frame"));
	await say(witness, "still here");
});

test("[CO-5] [FR-8] data that cannot be inflated gets 1007 when the message is complete", async () => {
	const server = await startTestServer();
	const { socket, closed, frame } = await openRaw(server, randomUUID(), {
		deflates: true,
	});
	socket.write(clientFrame(0x41, Buffer.from("not deflated")));
	socket.write(clientFrame(0x80 | Opcode.ping, Buffer.of()));
	await frame(({ opcode }) => opcode === Opcode.pong);
	socket.write(clientFrame(0x80 | LATER_FRAGMENT, Buffer.of()));
	expect(await closed).toMatchObject({ code: 1007 });
});

test("[SL-6] the unfinished messages of one user are bounded over all connections, without effect on other users", async () => {
	const server = await startTestServer({ maxIncomingBytes: 16 * MIB });
	const conversation = randomUUID();
	const witness = await server.connect(conversation, randomUUID());
	const userId = randomUUID();
	// An eighth of the total has room for two of these.
	const part = clientFrame(FIRST_FRAGMENT, Buffer.alloc(900_000, 0x20));
	const sockets = await Promise.all(
		Array.from({ length: 5 }, () => openRaw(server, conversation, { userId })),
	);
	const other = await openRaw(server, conversation);
	for (const { socket } of [...sockets, other]) socket.write(part);
	const codes = await Promise.all(
		sockets.map(({ socket, closed, frame }) =>
			// The two connections that have room stay open: they answer a ping.
			Promise.race([
				closed,
				new Promise((resolve) =>
					socket.write(clientFrame(0x80 | Opcode.ping, Buffer.of()), resolve),
				)
					.then(() => frame(({ opcode }) => opcode === Opcode.pong))
					.then(
						() => "open",
						() => closed,
					),
			]),
		),
	);
	expect(codes.filter((code) => code !== "open")).toEqual(
		Array(3).fill({ code: 1013, reason: "too many unfinished messages" }),
	);
	other.socket.write(
		clientFrame(0x80 | LATER_FRAGMENT, Buffer.from('{"type":"typing"}')),
	);
	await other.frame(({ opcode }) => opcode === Opcode.text);
	await say(witness, "still here");
});

test("[SL-6] a connection that ends gives back its counted bytes", async () => {
	const server = await startTestServer({ maxIncomingBytes: 16 * MIB });
	const conversation = randomUUID();
	const userId = randomUUID();
	const part = clientFrame(FIRST_FRAGMENT, Buffer.alloc(900_000, 0x20));
	for (let round = 0; round < 3; round++) {
		const sockets = await Promise.all(
			[0, 1].map(() => openRaw(server, conversation, { userId })),
		);
		for (const { socket } of sockets) {
			socket.write(part);
			socket.write(clientFrame(0x80 | Opcode.ping, Buffer.of()));
		}
		for (const { frame } of sockets)
			await frame(({ opcode }) => opcode === Opcode.pong);
		for (const { socket, closed } of sockets) {
			socket.end();
			await closed;
		}
	}
});

test("[SL-6] [SL-4] a user with many messages waiting for the disk is slowed down, and nothing is dropped", async () => {
	const server = await startTestServer({ maxIncomingBytes: 16 * MIB });
	const conversation = randomUUID();
	const [userId, EACH, CONNECTIONS] = [randomUUID(), 10, 8];
	const witness = await server.connect(conversation, randomUUID());
	const message = textFrame(
		JSON.stringify({ type: "chat", content: "x".repeat(200_000) }),
	);
	const sockets = await Promise.all(
		Array.from({ length: CONNECTIONS }, () =>
			openRaw(server, conversation, { userId }),
		),
	);
	for (const { socket } of sockets)
		for (let i = 0; i < EACH; i++) socket.write(message);
	await witness.until(
		() => entries(witness).length === EACH * CONNECTIONS,
		"every message",
	);
});

test("[FR-14] a burst of pings gets few pongs, including one for the newest ping", async () => {
	const server = await startTestServer();
	const { socket, frames, frame } = await openRaw(server, randomUUID());
	const PINGS = 100_000;
	const numbered = (number: number): Buffer => {
		const payload = Buffer.alloc(8);
		payload.writeUInt32BE(number);
		return clientFrame(0x80 | Opcode.ping, payload);
	};
	socket.write(
		Buffer.concat(Array.from({ length: PINGS }, (_, i) => numbered(i))),
	);
	await frame(
		({ opcode, payload }) =>
			opcode === Opcode.pong && payload.readUInt32BE(0) === PINGS - 1,
	);
	const pongs = frames.filter(({ opcode }) => opcode === Opcode.pong);
	expect(pongs.length).toBeLessThan(PINGS / 20);
	// An older ping is never answered after a newer one.
	const numbers = pongs.map(({ payload }) => payload.readUInt32BE(0));
	expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
});

test("[FR-14] pings whose answers are not read do not fill the memory", async () => {
	const server = await startTestServer();
	const conversation = randomUUID();
	const witness = await server.connect(conversation, randomUUID());
	const { socket } = await openRaw(server, conversation);
	socket.pause();
	const before = rss();
	const burst = Buffer.concat(
		Array.from({ length: 10_000 }, () =>
			clientFrame(0x80 | Opcode.ping, Buffer.alloc(125)),
		),
	);
	for (let i = 0; i < 30; i++)
		await new Promise((resolve) => socket.write(burst, resolve));
	await say(witness, "still here");
	expect((rss() - before) / MIB).toBeLessThan(60);
});

test("[FR-12] a frame that is not chat may have at most 16,384 characters, and a longer one counts as invalid", async () => {
	const server = await startTestServer();
	const conversation = randomUUID();
	const witness = await server.connect(conversation, randomUUID());
	const client = await server.connect(conversation, randomUUID());
	const typing = (length: number): string => {
		const empty = JSON.stringify({ type: "typing", x: "" });
		return empty.replace('""', `"${"x".repeat(length - empty.length)}"`);
	};
	client.send(typing(16_384));
	await witness.next("typing");
	for (let i = 0; i < 20; i++) client.send(typing(16_385));
	expect(await client.closed).toMatchObject({ code: 1008 });
	for (const error of client.of("error"))
		expect(error).toMatchObject({ code: "invalid_frame" });
	expect(client.of("error")).toHaveLength(20);
});

test("[FR-12] [FR-13] a kilobyte that inflates to a megabyte of typing is refused", async () => {
	const server = await startTestServer();
	const { socket, frame } = await openRaw(server, randomUUID(), {
		deflates: true,
	});
	const zeros = `{"type":"typing","a":[${"0,".repeat(500_000)}0]}`;
	const small = deflatedFrame(zeros);
	expect(small.length).toBeLessThan(4000);
	socket.write(small);
	await frame(({ payload }) => payload.includes("invalid_frame"));
	for (let i = 0; i < 19; i++) socket.write(small);
	const { payload } = await frame(({ opcode }) => opcode === Opcode.close);
	expect(payload.readUInt16BE(0)).toBe(1008);
	expect(payload.toString("utf8", 2)).toBe("too many invalid frames");
});

test("[FR-13] a chat frame may have 65,536 characters outside its strings and more inside them", async () => {
	const server = await startTestServer();
	const client = await server.connect(randomUUID(), randomUUID());
	const chat = (zeros: number): string => {
		const empty = JSON.stringify({
			type: "chat",
			content: "[0,".repeat(90_000),
			x: [],
		});
		const structure = empty.length - 3 * 90_000 - "typechatcontentx".length;
		return empty.replace("[]", `[${" ".repeat(zeros - structure)}]`);
	};
	client.send(chat(65_536));
	expect(await client.next("chat")).toMatchObject({ seq: 1 });
	client.send(chat(65_537));
	await expectError(client, "invalid_frame");
});
