import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Identity } from "../src/chat/authorise.ts";
import type { Commands } from "../src/chat/commands.ts";
import type { TokenNames } from "../src/chat/token-names.ts";
import { Shares } from "../src/fair/shares.ts";
import { ChatPeer } from "../src/gateway/chat-peer.ts";
import type { Connection } from "../src/gateway/connection.ts";
import { Intake } from "../src/gateway/intake.ts";
import { startTestServer } from "./support/server.ts";

describe("[CL-1] a client's close", () => {
	test.each([1000, 1001, 4000, 4999])(
		"with %i is answered with the same code",
		async (code) => {
			const server = await startTestServer();
			const client = await server.connect(randomUUID(), randomUUID());
			expect(await client.close(code, "goodbye")).toMatchObject({ code });
		},
	);

	test("without a code is answered without a code, so 1000 only answers 1000", async () => {
		const server = await startTestServer();
		const client = await server.connect(randomUUID(), randomUUID());
		client.ws.close();
		expect((await client.closed).code).toBe(1005);
	});
});

test("[CL-4] an error of the server closes with 1011 and is logged, and its cause is not sent", async () => {
	// No known input causes such a fault, so the test injects it below the peer.
	const fault = new Error("the disk at /secret/path is full of bees");
	const closed: unknown[][] = [];
	const errors: unknown[] = [];
	const connection = {
		isOpen: true,
		isPaused: false,
		isFull: false,
		id: "1",
		departure: () => "lost",
		close: (...args: unknown[]) => void closed.push(args),
	};
	const peer = new ChatPeer(
		() => connection as unknown as Connection,
		randomUUID(),
		{ userId: randomUUID() } as Identity,
		false,
		{
			commands: {
				sendChat: () => Promise.reject(fault),
			} as unknown as Commands,
			verify: () => Promise.reject(fault),
			names: {} as TokenNames,
			now: Date.now,
			intake: new Intake(new Shares(1e6), 1e6),
			onRefused: () => {},
			onError: (error) => void errors.push(error),
			onPong: () => {},
			onClosed: () => {},
		},
	);
	peer.message(Buffer.from('{"type":"chat","content":"x"}'), false);
	await expect.poll(() => closed).toEqual([[1011, "internal error"]]);
	expect(errors).toEqual([fault]);
});
