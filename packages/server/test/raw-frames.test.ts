import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { say } from "./support/chat.ts";
import type { TestClient } from "./support/client.ts";
import { repeats } from "./support/long.ts";
import { startTestServer, type TestServer } from "./support/server.ts";
import { token } from "./support/token.ts";

interface Raw {
	server: TestServer;
	conversation: string;
	witness: TestClient;
	socket: Socket;
	/** Code of the close frame that ends the connection; 1006 if there is none. */
	ended: Promise<number>;
}

async function raw(): Promise<Raw> {
	const server = await startTestServer({ presenceGraceMs: 0 });
	const conversation = randomUUID();
	const witness = await server.connect(conversation, randomUUID());
	return {
		server,
		conversation,
		witness,
		...(await open(server, conversation)),
	};
}

/** Opens a socket with a valid handshake. */
async function open(
	server: TestServer,
	conversation: string,
	first: Buffer = Buffer.of(),
): Promise<{ socket: Socket; ended: Promise<number> }> {
	const socket = connect(server.port, "127.0.0.1");
	socket.on("error", () => {});
	onTestFinished(() => void socket.destroy());
	const head = [
		`GET /v1/ws/chat?conversation_id=${conversation} HTTP/1.1`,
		`Host: ${server.address}`,
		"Connection: Upgrade",
		"Upgrade: websocket",
		"Sec-WebSocket-Version: 13",
		`Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
		`Authorization: Bearer ${await token(randomUUID())}`,
	].join("\r\n");
	socket.write(Buffer.concat([Buffer.from(`${head}\r\n\r\n`), first]));
	let got = Buffer.of();
	const opened = new Promise<void>((resolve) => {
		socket.on("data", (data: Buffer) => {
			got = Buffer.concat([got, data]);
			if (got.includes("\r\n\r\n")) resolve();
		});
	});
	const ended = once(socket, "close").then(() => closeCodeIn(got));
	await Promise.race([opened, ended]);
	expect(got.toString("latin1")).toMatch(/^HTTP\/1.1 101 /);
	return { socket, ended };
}

/**
 * Returns the code of the last frame in a connection's bytes, which are the handshake's answer and then unmasked
 * frames.
 */
function closeCodeIn(bytes: Buffer): number {
	let at = bytes.indexOf("\r\n\r\n") + 4;
	let code = 1006;
	while (at + 2 <= bytes.length) {
		const opcode = (bytes[at] ?? 0) & 0x0f;
		let length = (bytes[at + 1] ?? 0) & 0x7f;
		let start = at + 2;
		if (length === 126) {
			length = bytes.readUInt16BE(start);
			start += 2;
		} else if (length === 127) {
			length = bytes.readUInt32BE(start + 4);
			start += 8;
		}
		if (opcode === 8) code = bytes.readUInt16BE(start);
		at = start + length;
	}
	return code;
}

interface Header {
	fin?: boolean;
	rsv?: number;
	opcode?: number;
	masked?: boolean;
	/** Length that the frame claims. */
	length?: number;
}

/** Builds a valid or invalid frame of less than 126 bytes. */
function frame(
	payload: string,
	{ fin = true, rsv = 0, opcode = 1, masked = true, length }: Header = {},
): Buffer {
	const mask = masked ? randomBytes(4) : Buffer.of();
	const data = Buffer.from(payload);
	const bytes = masked
		? data.map((byte, i) => byte ^ (mask[i % 4] ?? 0))
		: data;
	return Buffer.concat([
		Buffer.of(
			(fin ? 0x80 : 0) | (rsv << 4) | opcode,
			(masked ? 0x80 : 0) | (length ?? data.length),
		),
		mask,
		bytes,
	]);
}

const CHAT = '{"type":"chat","content":"raw"}';

test("the frames that this test means to be valid are valid", async () => {
	const { socket, witness } = await raw();
	socket.write(frame(CHAT.slice(0, 7), { fin: false }));
	socket.write(frame("?", { opcode: 9 }));
	socket.write(frame(CHAT.slice(7), { opcode: 0 }));
	expect(await witness.next("chat")).toMatchObject({ content: "raw", seq: 1 });
});

test("frames sent in one packet with the handshake are not lost", async () => {
	const server = await startTestServer();
	const conversation = randomUUID();
	const witness = await server.connect(conversation, randomUUID());
	await open(server, conversation, frame(CHAT));
	expect(await witness.next("chat")).toMatchObject({ content: "raw" });
});

const lengthOf = (claimed: number) => {
	const extended = Buffer.alloc(8);
	extended.writeBigUInt64BE(BigInt(claimed));
	return Buffer.concat([Buffer.of(0x81, 0xff), extended, Buffer.alloc(4)]);
};

test.each<[string, number, Buffer]>([
	["an unmasked frame", 1002, frame(CHAT, { masked: false })],
	["RSV1 without an extension", 1002, frame(CHAT, { rsv: 4 })],
	["RSV2", 1002, frame(CHAT, { rsv: 2 })],
	["RSV3", 1002, frame(CHAT, { rsv: 1 })],
	["opcode 3", 1002, frame(CHAT, { opcode: 3 })],
	["opcode 15", 1002, frame(CHAT, { opcode: 15 })],
	["a continuation without a first frame", 1002, frame(CHAT, { opcode: 0 })],
	["a ping in fragments", 1002, frame("?", { opcode: 9, fin: false })],
	[
		"a second first frame inside a fragmented message",
		1002,
		Buffer.concat([frame("{", { fin: false }), frame("{")]),
	],
	[
		"a ping that claims 126 bytes",
		1002,
		frame("?", { opcode: 9, length: 126 }),
	],
	["a close frame of one byte", 1002, frame("x", { opcode: 8 })],
	["a close frame with code 1005", 1002, frame("\x03\xed", { opcode: 8 })],
	["a length of 2^63", 1009, lengthOf(2 ** 63)],
	["a length of 2^40", 1009, lengthOf(2 ** 40)],
	["a length of 2 MiB", 1009, lengthOf(2 ** 21)],
	[
		"more fragments than any client needs",
		1008,
		Buffer.concat([
			frame("{", { fin: false }),
			...Array.from({ length: 2000 }, () =>
				frame("", { opcode: 0, fin: false }),
			),
		]),
	],
])("%s ends only its own connection, with %i", async (_, code, bytes) => {
	const { socket, ended, witness } = await raw();
	socket.write(bytes);
	expect(await ended).toBe(code);
	await witness.next("user_left");
	expect(await say(witness, "still here")).toMatchObject({ seq: 1 });
});

test.each<[string, (socket: Socket) => void]>([
	["reset", (socket) => socket.resetAndDestroy()],
	["ended", (socket) => socket.end()],
	[
		"ended in the middle of a frame",
		(socket) => socket.end(frame(CHAT).subarray(0, 9)),
	],
])(
	"a connection that is %s without a close frame does not affect the room",
	async (_, end) => {
		const { socket, witness } = await raw();
		end(socket);
		await witness.next("user_left");
		expect(await say(witness, "still here")).toMatchObject({ seq: 1 });
	},
);

test("[GA-10] after any bytes that follow a handshake the server continues, and other clients get only valid messages", async () => {
	const { server, conversation, witness } = await raw();
	await fc.assert(
		fc.asyncProperty(
			fc.array(
				fc.oneof(
					fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
					fc
						.record({
							fin: fc.boolean(),
							rsv: fc.constantFrom(0, 0, 0, 1, 4),
							opcode: fc.nat(15),
							masked: fc.boolean(),
							length: fc.option(fc.nat(127), { nil: undefined }),
						})
						.map(({ length, ...header }) =>
							frame(
								CHAT,
								length === undefined ? header : { ...header, length },
							),
						),
				),
				{ minLength: 1, maxLength: 5 },
			),
			async (chunks) => {
				const { socket, ended } = await open(server, conversation);
				socket.end(Buffer.concat(chunks));
				await ended;
				await say(witness, "still here");
			},
		),
		{ numRuns: repeats(40) },
	);
	const contents = new Set(witness.of("chat").map(({ content }) => content));
	contents.delete("raw");
	expect([...contents]).toEqual(["still here"]);
});
