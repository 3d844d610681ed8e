import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { platform } from "node:os";
import { expect, test } from "vitest";
import { KernelQueues } from "../src/gateway/kernel-queue.ts";

test.runIf(platform() === "linux").each([
	["IPv4", "127.0.0.1", "127.0.0.1"],
	["IPv6", "::1", "::1"],
	["IPv4 on a socket for both", "::", "127.0.0.1"],
])(
	"the kernel's table shows the bytes that a peer has not taken, over %s",
	async (_, host, target) => {
		const server = createServer().listen(0, host);
		await once(server, "listening");
		const { port } = server.address() as { port: number };
		const accepted = once(server, "connection");
		// Reads nothing until the test resumes it.
		const peer = connect({ port, host: target }).pause();
		const [socket] = (await accepted) as [Socket];
		socket.resume();
		const queues = new KernelQueues();
		const bytes = async (): Promise<number | undefined> =>
			(await queues.of(socket))?.bytes;
		expect(await bytes()).toBe(0);
		while (socket.writableLength === 0) socket.write(Buffer.alloc(256 * 1024));
		const full = (await bytes()) ?? 0;
		expect(full).toBeGreaterThan(64 * 1024);
		peer.resume();
		await expect.poll(bytes).toBe(0);
		peer.destroy();
		await once(socket, "close");
		expect(await queues.of(socket)).toBeUndefined();
		server.close();
	},
);
