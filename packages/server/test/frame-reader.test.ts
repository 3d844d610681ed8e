import { randomBytes } from "node:crypto";
import type { Writable } from "node:stream";
import { constants, deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
// The receiver of `ws`, which passes the Autobahn suite, is the reference.
import * as ws from "ws";
import { FrameReader } from "../src/gateway/frame-reader.ts";
import { repeats } from "./support/long.ts";

const { PerMessageDeflate, Receiver } = ws as unknown as {
	readonly PerMessageDeflate: new (
		options: object,
	) => {
		accept(offers: object[]): void;
	};
	readonly Receiver: new (options: object) => Writable;
};
const MAX_BYTES = 2000;
const MAX_FRAGMENTS = 6;

/** Returns what a stream of bytes contains, as text that the test can compare. */
async function byReceiver(
	chunks: readonly Buffer[],
	deflates: boolean,
): Promise<string[]> {
	const said: string[] = [];
	const deflate = new PerMessageDeflate({
		isServer: true,
		maxPayload: MAX_BYTES,
	});
	deflate.accept([
		{ server_no_context_takeover: [true], client_no_context_takeover: [true] },
	]);
	const receiver = new Receiver({
		isServer: true,
		maxPayload: MAX_BYTES,
		maxFragments: MAX_FRAGMENTS,
		extensions: deflates ? { "permessage-deflate": deflate } : {},
	});
	receiver.on("message", (data: Buffer, isBinary: boolean) =>
		said.push(`message ${isBinary} ${data.toString("hex")}`),
	);
	receiver.on("ping", (data: Buffer) =>
		said.push(`ping ${data.toString("hex")}`),
	);
	receiver.on("pong", (data: Buffer) =>
		said.push(`pong ${data.toString("hex")}`),
	);
	receiver.on("conclude", (code: number, reason: Buffer) =>
		said.push(`close ${code} ${reason.toString("hex")}`),
	);
	await new Promise<void>((resolve) => {
		receiver.on("error", (error: Error) => {
			const status = Object.getOwnPropertySymbols(error).find(
				({ description }) => description === "status-code",
			);
			said.push(`fault ${status && Reflect.get(error, status)}`);
			resolve();
		});
		receiver.on("finish", resolve);
		const write = (at: number): void => {
			const chunk = chunks[at];
			if (!receiver.writable) return;
			if (!chunk) receiver.end();
			// A receiver unmasks in place, so it gets a copy.
			else receiver.write(Buffer.from(chunk), () => write(at + 1));
		};
		write(0);
	});
	return said;
}

function byReader(chunks: readonly Buffer[], deflates: boolean): string[] {
	const reader = new FrameReader(
		{ maxMessageBytes: MAX_BYTES, maxFragments: MAX_FRAGMENTS },
		deflates,
	);
	const said: string[] = [];
	for (const chunk of chunks) {
		reader.push(Buffer.from(chunk));
		for (;;) {
			const received = reader.next();
			if (!received) break;
			switch (received.kind) {
				case "message":
					said.push(
						`message ${received.isBinary} ${received.data.toString("hex")}`,
					);
					break;
				case "close":
					said.push(
						`close ${received.code} ${received.reason.toString("hex")}`,
					);
					return said;
				case "fault":
					said.push(`fault ${received.code}`);
					return said;
				default:
					said.push(`${received.kind} ${received.payload.toString("hex")}`);
			}
		}
	}
	return said;
}

interface Header {
	readonly fin?: boolean;
	readonly rsv?: number;
	readonly opcode?: number;
	readonly masked?: boolean;
	/** Width of the length field: 7, 16 or 64 bits. */
	readonly bits?: 7 | 16 | 64;
	/** Length that the frame claims. */
	readonly length?: bigint;
}

function frame(
	payload: Uint8Array,
	{ fin = true, rsv = 0, opcode = 1, masked = true, bits, length }: Header = {},
): Buffer {
	const claimed = length ?? BigInt(payload.length);
	const least = claimed < 126n ? 7 : claimed < 65_536n ? 16 : 64;
	const width = bits && bits > least ? bits : least;
	const extended = Buffer.alloc(width === 7 ? 0 : width / 8);
	if (width === 16) extended.writeUInt16BE(Number(claimed));
	if (width === 64) extended.writeBigUInt64BE(claimed);
	const mask = masked ? randomBytes(4) : Buffer.of();
	return Buffer.concat([
		Buffer.of(
			(fin ? 0x80 : 0) | (rsv << 4) | opcode,
			(masked ? 0x80 : 0) |
				(width === 7 ? Number(claimed) : width === 16 ? 126 : 127),
		),
		extended,
		mask,
		Buffer.from(payload.map((byte, i) => byte ^ (mask[i % 4] ?? 0))),
	]);
}

function deflated(data: Uint8Array): Buffer {
	return deflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(
		0,
		-4,
	);
}

const text = fc
	.string({ unit: "grapheme", maxLength: 40 })
	.map((value) => Buffer.from(value.toWellFormed()));
const repetitive = fc
	.nat(MAX_BYTES + 200)
	.map((length) => Buffer.alloc(length, "0123456789"));
const bytes = fc
	.uint8Array({ maxLength: 150 })
	.map((data) => Buffer.from(data));

/** Message in fragments, with control frames between them. */
const message = fc
	.record({
		data: fc.oneof(text, repetitive, bytes),
		opcode: fc.constantFrom(1, 1, 1, 2),
		compressed: fc.boolean(),
		cuts: fc.array(fc.nat(MAX_BYTES), { maxLength: 7 }),
		between: fc.constantFrom<Buffer[]>(
			[],
			[],
			[frame(Buffer.from("?"), { opcode: 9 })],
		),
		bits: fc.constantFrom<7 | 16 | 64>(7, 7, 16, 64),
	})
	.map(({ data, opcode, compressed, cuts, between, bits }) => {
		const wire = compressed ? deflated(data) : data;
		const ends = [
			...cuts.map((cut) => cut % (wire.length + 1)),
			wire.length,
		].sort((a, b) => a - b);
		return ends.map((end, i) =>
			Buffer.concat([
				frame(wire.subarray(ends[i - 1] ?? 0, end), {
					opcode: i === 0 ? opcode : 0,
					rsv: i === 0 && compressed ? 4 : 0,
					fin: i === ends.length - 1,
					bits,
				}),
				...(i < ends.length - 1 ? between : []),
			]),
		);
	});
const controls = fc
	.record({
		data: fc.oneof(text, fc.uint8Array({ maxLength: 125 })),
		opcode: fc.constantFrom(9, 10),
	})
	.map(({ data, opcode }) => [frame(data, { opcode })]);
const close = fc
	.record({
		code: fc.oneof(fc.constantFrom(1000, 1001, 4000), fc.nat(65_535)),
		reason: fc.oneof(text, fc.uint8Array({ maxLength: 20 })),
		isEmpty: fc.boolean(),
	})
	.map(({ code, reason, isEmpty }) => [
		frame(
			isEmpty
				? Buffer.of()
				: Buffer.concat([Buffer.of(code >> 8, code & 255), reason]).subarray(
						0,
						125,
					),
			{ opcode: 8 },
		),
	]);
const odd = fc
	.record({
		data: fc.uint8Array({ maxLength: 130 }),
		fin: fc.boolean(),
		rsv: fc.constantFrom(0, 0, 0, 1, 2, 4),
		opcode: fc.nat(15),
		masked: fc.constantFrom(true, true, true, false),
		bits: fc.constantFrom<7 | 16 | 64>(7, 16, 64),
		length: fc.option(
			fc.oneof(fc.nat(200), fc.constantFrom(2 ** 21, 2 ** 40, 2 ** 63)),
			{ nil: undefined, freq: 8 },
		),
	})
	.map(({ data, length, ...header }) => [
		frame(
			data,
			length === undefined ? header : { ...header, length: BigInt(length) },
		),
	]);
const noise = bytes.map((data) => [data]);

test("[FR-6] [FR-8] [CO-4] random valid and invalid frames, split anywhere, give the same result as a reference reader", async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.array(
				fc.oneof(
					{ weight: 6, arbitrary: message },
					{ weight: 2, arbitrary: controls },
					{ weight: 1, arbitrary: close },
					{ weight: 2, arbitrary: odd },
					{ weight: 1, arbitrary: noise },
				),
				{ minLength: 1, maxLength: 6 },
			),
			fc.array(fc.nat(8000), { maxLength: 12 }),
			fc.boolean(),
			async (parts, cuts, deflates) => {
				const all = Buffer.concat(parts.flat());
				const ends = [
					...cuts.map((cut) => cut % (all.length + 1)),
					all.length,
				].sort((a, b) => a - b);
				const chunks = ends
					.map((end, i) => all.subarray(ends[i - 1] ?? 0, end))
					.filter(({ length }) => length > 0);
				const expected = await byReceiver(chunks, deflates);
				const said = byReader(chunks, deflates);
				// The reference inflates each fragment as it arrives. The reader under test checks a message when it is
				// complete.
				if (deflates && /^fault 100[79]$/.test(expected.at(-1) ?? "")) {
					const before = expected.slice(0, -1);
					expect(said.slice(0, before.length)).toEqual(before);
					expect(said.slice(before.length).join()).toMatch(
						/^(p[io]ng \w*,?)*((fault|close) .*)?$/,
					);
				} else expect(said).toEqual(expected);
			},
		),
		{ numRuns: repeats(1000) },
	);
});
