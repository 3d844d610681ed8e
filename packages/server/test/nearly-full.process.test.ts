import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import {
	startTestServer,
	type TestServer,
	temporaryDirectory,
} from "./support/server.ts";

/** Creates a directory with its own file system of this size. */
function smallDisk(mebibytes: number): string {
	const directory = temporaryDirectory();
	const size = `size=${mebibytes}m`;
	execFileSync("mount", ["-t", "tmpfs", "-o", size, "tmpfs", directory]);
	onTestFinished(() => void execFileSync("umount", [directory]));
	return directory;
}

/** Fills a disk until `left` bytes are free. */
function fill(directory: string, left: number): string {
	const { bavail, bsize } = statfsSync(directory);
	const filler = join(directory, "filler");
	writeFileSync(filler, Buffer.alloc(bavail * bsize - left));
	return filler;
}

async function readiness({ address }: TestServer): Promise<number> {
	return (await fetch(`http://${address}/readyz`)).status;
}

test("[RS-16] after a full disk refused a long message, /readyz is 503 until one of that length can be stored", async (context) => {
	if (process.platform !== "linux" || process.getuid?.() !== 0)
		context.skip("it wants Linux and root");
	const disk = smallDisk(8);
	const server = await startTestServer({ dataDirectory: join(disk, "data") });
	const [room, user] = [randomUUID(), randomUUID()];
	const client = await server.connect(room, user);
	const path = `/v1/conversations/${room}/messages`;
	const send = async (content: string): Promise<number> =>
		(await server.rest("POST", path, user, { content })).status;
	const [short, long] = ["short", "x".repeat(512 * 1024)];
	expect(await send(short)).toBe(201);

	const filler = fill(disk, 256 * 1024);
	for (let i = 0; i < 5; i++) {
		expect(await send(long)).toBe(503);
		expect(await readiness(server)).toBe(503);
		expect(await send(short)).toBe(201);
		expect(await readiness(server)).toBe(503);
	}

	rmSync(filler);
	await vi.waitFor(
		async () => expect(await readiness(server)).toBe(200),
		10_000,
	);
	expect(await send(long)).toBe(201);
	await client.close(1000, "");
});
