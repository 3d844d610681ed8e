import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import zlib from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { say } from "./support/chat.ts";
import { startTestServer, type TestServer } from "./support/server.ts";
import { token } from "./support/token.ts";

const { constants, deflateRawSync, inflateRawSync } = zlib;
const COMPRESSIBLE = "a sentence that comes again ".repeat(100);
const NEGOTIATED =
	"permessage-deflate; server_no_context_takeover; client_no_context_takeover";

interface RawFrame {
	readonly compressed: boolean;
	readonly opcode: number;
	readonly payload: Buffer;
}

/**
 * Opens a socket with these extensions offered. Returns the extensions in the answer, and the frames as they arrive.
 */
async function open(
	server: TestServer,
	conversation: string,
	offer: string | undefined,
): Promise<{
	socket: Socket;
	accepted: string | undefined;
	frames: RawFrame[];
	/** Resolves with the first frame that matches, whether it has arrived or is still to come. */
	frame(matches: (frame: RawFrame) => boolean): Promise<RawFrame>;
}> {
	const socket = connect(server.port, "127.0.0.1");
	socket.on("error", () => {});
	onTestFinished(() => void socket.destroy());
	socket.write(
		[
			`GET /v1/ws/chat?conversation_id=${conversation} HTTP/1.1`,
			`Host: ${server.address}`,
			"Connection: Upgrade",
			"Upgrade: websocket",
			"Sec-WebSocket-Version: 13",
			`Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
			`Authorization: Bearer ${await token(randomUUID())}`,
			...(offer === undefined ? [] : [`Sec-WebSocket-Extensions: ${offer}`]),
			"\r\n",
		].join("\r\n"),
	);
	let got: Buffer = Buffer.of();
	const frames: RawFrame[] = [];
	let head: string | undefined;
	socket.on("data", (data: Buffer) => {
		got = Buffer.concat([got, data]);
		const end = got.indexOf("\r\n\r\n");
		if (head === undefined && end !== -1) {
			head = got.toString("latin1", 0, end);
			got = got.subarray(end + 4);
		}
		if (head !== undefined) got = takeFrames(got, frames);
		socket.emit("looked");
	});
	const until = async (condition: () => boolean): Promise<void> => {
		while (!condition()) await once(socket, "looked");
	};
	await until(() => head !== undefined);
	expect(head).toMatch(/^HTTP\/1\.1 101 /);
	return {
		socket,
		accepted: /^Sec-WebSocket-Extensions: (.*)$/im.exec(head ?? "")?.[1],
		frames,
		async frame(matches) {
			await until(() => frames.some(matches));
			return frames.find(matches) as RawFrame;
		},
	};
}

function takeFrames(all: Buffer, frames: RawFrame[]): Buffer {
	let data = all;
	for (;;) {
		const short = (data[1] ?? 0) & 127;
		const header = short === 126 ? 4 : short === 127 ? 10 : 2;
		if (data.length < header) return data;
		const length =
			short === 126
				? data.readUInt16BE(2)
				: short === 127
					? data.readUInt32BE(6)
					: short;
		if (data.length < header + length) return data;
		const [first = 0] = data;
		frames.push({
			compressed: (first & 0x40) !== 0,
			opcode: first & 15,
			payload: data.subarray(header, header + length),
		});
		data = data.subarray(header + length);
	}
}

/** Inflates a frame without the context of earlier frames. */
function textOf({ compressed, payload }: RawFrame): string {
	return compressed
		? inflateRawSync(Buffer.concat([payload, Buffer.of(0, 0, 255, 255)]), {
				finishFlush: constants.Z_SYNC_FLUSH,
			}).toString()
		: payload.toString();
}

function maskedFrame(first: number, payload: Buffer): Buffer {
	const header = Buffer.alloc(14);
	header[0] = first;
	header[1] = 0x80 | 127;
	header.writeUInt32BE(payload.length, 6);
	return Buffer.concat([header, payload]);
}

function deflated(text: string): Buffer {
	return deflateRawSync(text, {
		finishFlush: constants.Z_SYNC_FLUSH,
	}).subarray(0, -4);
}

test("[CO-1] permessage-deflate is used only if offered, without context takeover on either side", async () => {
	const server = await startTestServer();
	const conversation = randomUUID();
	const offers: [string | undefined, string | undefined][] = [
		["permessage-deflate", NEGOTIATED],
		["permessage-deflate; client_max_window_bits", NEGOTIATED],
		["permessage-deflate; client_max_window_bits=10", NEGOTIATED],
		[NEGOTIATED, NEGOTIATED],
		[
			"permessage-deflate; server_max_window_bits=15",
			`${NEGOTIATED}; server_max_window_bits=15`,
		],
		["x-webkit-deflate-frame, permessage-deflate", NEGOTIATED],
		["x-webkit-deflate-frame", undefined],
		[undefined, undefined],
	];
	for (const [offer, expected] of offers) {
		const { accepted } = await open(server, conversation, offer);
		expect(accepted, offer).toBe(expected);
	}
});

test("[CO-2] an offer with a smaller window or a malformed one is declined, and the next is accepted", async () => {
	const server = await startTestServer();
	const conversation = randomUUID();
	for (const offer of [
		"permessage-deflate; server_max_window_bits=9",
		"permessage-deflate; server_max_window_bits",
		"permessage-deflate; server_max_window_bits=16",
		"permessage-deflate; client_max_window_bits=7",
		"permessage-deflate; server_no_context_takeover=1",
		"permessage-deflate; server_no_context_takeover; server_no_context_takeover",
		"permessage-deflate; unheard_of",
		"permessage-deflate; =",
		";;,,",
	]) {
		const { accepted } = await open(server, conversation, offer);
		expect(accepted, offer).toBeUndefined();
	}
	const { accepted } = await open(
		server,
		conversation,
		"permessage-deflate; server_max_window_bits=10, permessage-deflate",
	);
	expect(accepted).toBe(NEGOTIATED);
});

test("[CO-3] a frame of more than 1 KiB that gets smaller is compressed by itself, if negotiated", async () => {
	const server = await startTestServer();
	const conversation = randomUUID();
	const agreed = await open(server, conversation, NEGOTIATED);
	const other = await open(server, conversation, undefined);
	const sender = await server.connect(conversation, randomUUID());
	const contents = [COMPRESSIBLE, "short", COMPRESSIBLE];
	for (const content of contents) await say(sender, content);
	for (const client of [agreed, other]) {
		await client.frame((frame) => textOf(frame).includes('"seq":3'));
		const chats = client.frames.filter((frame) =>
			textOf(frame).startsWith('{"type":"chat"'),
		);
		expect(
			chats.map(
				(frame) => (JSON.parse(textOf(frame)) as { content: string }).content,
			),
		).toEqual(contents);
		const [first, short, last] = chats.map(({ compressed }) => compressed);
		expect([first, short, last]).toEqual(
			client === agreed ? [true, false, true] : [false, false, false],
		);
	}
});

test("[CO-3] short frames and pings are not compressed", async () => {
	const server = await startTestServer({
		pingIntervalMs: 100,
		pongTimeoutMs: 5000,
	});
	const client = await open(server, randomUUID(), NEGOTIATED);
	const PING = 9;
	await client.frame(({ opcode }) => opcode === PING);
	expect(client.frames.filter(({ compressed }) => compressed)).toEqual([]);
});

test("[CO-4] a compressed message is accepted, and one that inflates beyond the limit gets 1009", async () => {
	const server = await startTestServer({ maxMessageBytes: 64 * 1024 });
	const conversation = randomUUID();
	const witness = await server.connect(conversation, randomUUID());
	const { socket, frame } = await open(server, conversation, NEGOTIATED);
	for (const content of ["one", COMPRESSIBLE])
		socket.write(
			maskedFrame(0xc1, deflated(JSON.stringify({ type: "chat", content }))),
		);
	await witness.waitFor(({ content }) => content === COMPRESSIBLE);
	expect(witness.of("chat").map(({ content }) => content)).toEqual([
		"one",
		COMPRESSIBLE,
	]);
	const bomb = deflated(" ".repeat(10 * 1024 * 1024));
	expect(bomb.length).toBeLessThan(64 * 1024);
	socket.write(maskedFrame(0xc1, bomb));
	const CLOSE = 8;
	const { payload } = await frame(({ opcode }) => opcode === CLOSE);
	expect(payload.readUInt16BE(0)).toBe(1009);
});

test("a client with compression understands the server's frames", async () => {
	const server = await startTestServer();
	const conversation = randomUUID();
	const ws = new WebSocket(server.url(conversation), {
		headers: { Authorization: `Bearer ${await token(randomUUID())}` },
		perMessageDeflate: { threshold: 0 },
	});
	onTestFinished(() => ws.terminate());
	const contents: string[] = [];
	const got = new Promise<void>((resolve) => {
		ws.on("message", (data) => {
			const frame = JSON.parse(String(data)) as { content?: string };
			if (frame.content !== undefined) contents.push(frame.content);
			if (contents.length === 3) resolve();
		});
	});
	await once(ws, "open");
	expect(ws.extensions).toBe("permessage-deflate");
	const sent = [COMPRESSIBLE, "short", `${COMPRESSIBLE} again`];
	for (const content of sent)
		ws.send(JSON.stringify({ type: "chat", content }));
	await got;
	expect(contents).toEqual(sent);
});
