/** A disk that accepts a part of a write, then nothing, then has space again. */
import * as fs from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import type { OutboxRecord } from "../src/outbox/store.ts";

/** Bytes that the disk still accepts. */
let space = Number.POSITIVE_INFINITY;

vi.mock("node:fs", async (original) => {
	const real = await original<typeof fs>();
	const writeSync = (
		file: number,
		data: string | Buffer,
		offset = 0,
		length?: number,
		position?: number,
	): number => {
		const bytes = Buffer.from(data as string);
		const wanted = length ?? bytes.length - offset;
		if (space === 0 && wanted > 0)
			throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
		const taken = Math.min(wanted, space);
		space -= taken;
		return real.writeSync(file, bytes, offset, taken, position);
	};
	return { ...real, writeSync };
});

// Files of a worker share their modules, and an earlier file may have loaded this one without the mock.
vi.resetModules();
const { fileOutbox } = await import("../src/file-outbox.ts");

beforeEach(() => {
	space = Number.POSITIVE_INFINITY;
});

const message = (n: number): OutboxRecord => ({
	clientMessageId: `6f1f4a0f-8f01-4a36-9d53-${String(n).padStart(12, "0")}`,
	content: `message ${n}`,
	isEncrypted: false,
	messageType: "text",
	metadata: {},
	createdAt: n,
});

/** Returns the messages that a program finds when it starts after a crash. */
async function found(path: string): Promise<string[]> {
	const left = space;
	space = Number.POSITIVE_INFINITY;
	const copy = join(temporaryDirectory(), "copy");
	fs.copyFileSync(path, copy);
	const outbox = fileOutbox(copy);
	const records = await outbox.load("key");
	outbox.close();
	space = left;
	return records.map(({ content }) => content);
}

test("a record that a full disk stores by half is reported, and later records are stored intact", async () => {
	const path = join(temporaryDirectory(), "outbox");
	const outbox = fileOutbox(path);
	await outbox.add("key", message(1));
	space = 20;
	await expect(outbox.add("key", message(2))).rejects.toThrow("no space");
	expect(await found(path)).toEqual(["message 1"]);
	space = Number.POSITIVE_INFINITY;
	await outbox.add("key", message(3));
	expect(await found(path)).toEqual(["message 1", "message 3"]);
	outbox.close();
});

test("a file stays as it was if its rewrite fails", async () => {
	const path = join(temporaryDirectory(), "outbox");
	const outbox = fileOutbox(path);
	const kept = Array.from({ length: 500 }, (_, i) => message(i));
	for (const record of kept) await outbox.add("key", record);
	for (let i = 1000; i < 1999; i++) {
		await outbox.add("key", message(i));
		await outbox.remove("key", message(i));
	}
	await outbox.add("key", message(3000));
	// Enough space for the removal line, but not for the whole file.
	space = 1000;
	await expect(outbox.remove("key", message(3000))).rejects.toThrow("no space");
	space = Number.POSITIVE_INFINITY;
	await outbox.add("key", message(4000));
	expect(await found(path)).toEqual([
		...kept.map(({ content }) => content),
		"message 4000",
	]);
	outbox.close();
});
