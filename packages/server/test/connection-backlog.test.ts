import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { processScheduler } from "../src/fair/scheduler.ts";
import { Shares } from "../src/fair/shares.ts";
import { Turns } from "../src/fair/turns.ts";
import { Backlogs } from "../src/gateway/backlog.ts";
import { Connection } from "../src/gateway/connection.ts";
import { Intake } from "../src/gateway/intake.ts";
import { KernelQueues } from "../src/gateway/kernel-queue.ts";
import { UnfinishedMessages } from "../src/gateway/unfinished.ts";

const PING_BYTES = 2;
/** More than the kernel takes for a peer that reads nothing. */
const MUCH = Buffer.alloc(16 * 1024 * 1024);

async function pair(): Promise<{
	connection: Connection;
	peer: Socket;
	backlogs: Backlogs;
}> {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const accepted = once(server, "connection");
	const peer = connect((server.address() as { port: number }).port).pause();
	const [socket] = (await accepted) as [Socket];
	onTestFinished(() => {
		peer.destroy();
		socket.destroy();
		server.close();
	});
	const backlogs = new Backlogs({
		maxBacklogBytes: 1024,
		maxTotalBacklogBytes: 1024 * 1024,
		stallMs: 30_000,
	});
	const connection = new Connection(
		"1",
		"u",
		socket,
		Buffer.of(),
		false,
		{
			backlogs,
			kernel: new KernelQueues(),
			reading: {
				turns: new Turns(processScheduler),
				intake: new Intake(new Shares(1024 * 1024), 1024 * 1024),
				limits: { maxMessageBytes: 1024, maxFragments: 2 },
			},
			unfinished: new UnfinishedMessages({
				silenceMs: 30_000,
				graceMs: 60_000,
				bytesPerSecond: 1024,
			}),
		},
		{
			message: () => {},
			pong: () => {},
			stalled: () => {},
			tooSlow: () => {},
			closed: () => {},
		},
	);
	return { connection, peer, backlogs };
}

test("[SL-5] a backlog counts again after it was taken, even if it has the same size", async () => {
	const { connection, peer, backlogs } = await pair();
	for (let round = 0; round < 2; round++) {
		connection.write([MUCH]);
		expect(backlogs.queuedBytes).toBe(MUCH.length);
		expect(connection.isFull).toBe(true);
		peer.resume();
		await connection.drained();
		await expect.poll(() => backlogs.queuedBytes).toBe(0);
		peer.pause();
	}
});

test("[SL-3] a ping that does not leave the process is counted too", async () => {
	const { connection, backlogs } = await pair();
	connection.write([MUCH]);
	backlogs.remove(connection);
	connection.ping();
	expect(backlogs.queuedBytes).toBe(MUCH.length + PING_BYTES);
});
