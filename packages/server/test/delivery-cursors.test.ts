/** Plain clients that store nothing and resume where they were. */
import { randomUUID } from "node:crypto";
import { describe, expect, test, vi } from "vitest";
import { entries, expectEntries, say } from "./support/chat.ts";
import { TestClient } from "./support/client.ts";
import { ask, bearer, chatPath, createConversation } from "./support/http.ts";
import { startTestServer, type TestServer } from "./support/server.ts";
import { token } from "./support/token.ts";

interface Receipt {
	user_id: string;
	name?: string;
	read?: { seq: number };
	delivered?: { message_id: string; seq: number };
	devices?: { device_id: string; delivered?: { seq: number } }[];
}

/** Connects a client of a device. Returns it with the pings that it has received. */
async function openDevice(
	server: TestServer,
	conversation: string,
	userId: string,
	deviceId: string,
	options: { query?: Record<string, string>; autoPong?: boolean } = {},
): Promise<{ client: TestClient; pings: Buffer[] }> {
	const client = await TestClient.open(
		server.url(conversation, { device_id: deviceId, ...options.query }),
		{
			headers: { Authorization: `Bearer ${await token(userId)}` },
			autoPong: options.autoPong ?? true,
		},
	);
	const pings: Buffer[] = [];
	client.ws.on("ping", (payload: Buffer) => pings.push(payload));
	await client.next("user_joined");
	return { client, pings };
}

async function receiptOf(
	server: TestServer,
	conversation: string,
	userId: string,
): Promise<Receipt | undefined> {
	const { body } = await server.rest(
		"GET",
		`/v1/conversations/${conversation}/receipts`,
		userId,
	);
	return (body as { receipts: Receipt[] }).receipts.find(
		({ user_id }) => user_id === userId,
	);
}

/** Waits until the receipts show a user's delivery. The server writes deliveries every few seconds. */
async function untilDelivered(
	server: TestServer,
	conversation: string,
	userId: string,
	seq: number,
): Promise<void> {
	await vi.waitFor(
		async () =>
			expect(
				(await receiptOf(server, conversation, userId))?.delivered,
			).toMatchObject({ seq }),
		{ timeout: 15_000, interval: 50 },
	);
}

async function talk(
	client: TestClient,
	from: number,
	to: number,
): Promise<void> {
	for (let i = from; i <= to; i++) await say(client, `m${i}`);
}

function untilPinged(pings: readonly Buffer[], count: number): Promise<void> {
	return vi.waitFor(() => expect(pings.length).toBeGreaterThanOrEqual(count), {
		timeout: 15_000,
		interval: 10,
	});
}

describe("delivery cursors", () => {
	test("[DC-1] a device without a cursor in the handshake resumes after the entries that its pongs proved", async () => {
		const server = await startTestServer();
		const [alice, bob, device] = [randomUUID(), randomUUID(), randomUUID()];
		const room = randomUUID();
		const { client } = await openDevice(server, room, alice, device);
		const other = await server.connect(room, bob);
		await talk(other, 1, 3);
		await expectEntries(client, 1, 3);
		await untilDelivered(server, room, alice, 3);
		client.ws.terminate();
		await talk(other, 4, 6);
		const again = await openDevice(server, room, alice, device.toUpperCase());
		await expectEntries(again.client, 4, 6);
		await say(other, "live");
		await expectEntries(again.client, 4, 7);
	});

	test("[DC-1] [DC-3] entries sent and not proved are sent again, in order", async () => {
		const server = await startTestServer();
		const [alice, bob, device] = [randomUUID(), randomUUID(), randomUUID()];
		const room = randomUUID();
		const other = await server.connect(room, bob);
		const { client, pings } = await openDevice(server, room, alice, device, {
			autoPong: false,
		});
		await talk(other, 1, 2);
		await untilPinged(pings, 1);
		client.ws.pong(pings[0]);
		await untilDelivered(server, room, alice, 2);
		await talk(other, 3, 4);
		await untilPinged(pings, 2);
		// Received, but not proved.
		await expectEntries(client, 1, 4);
		client.ws.terminate();
		const again = await openDevice(server, room, alice, device);
		await expectEntries(again.client, 3, 4);
	});

	test("[DC-2] a new device begins at the head, and misses nothing even if its first connection proved nothing", async () => {
		const server = await startTestServer();
		const [alice, bob, device] = [randomUUID(), randomUUID(), randomUUID()];
		const room = randomUUID();
		const other = await server.connect(room, bob);
		await talk(other, 1, 2);
		const first = await openDevice(server, room, alice, device, {
			autoPong: false,
		});
		first.client.ws.terminate();
		await talk(other, 3, 5);
		const again = await openDevice(server, room, alice, device);
		await expectEntries(again.client, 3, 5);
	});

	test("[DC-2] a new device that sends a cursor begins there", async () => {
		const server = await startTestServer();
		const [alice, bob, device] = [randomUUID(), randomUUID(), randomUUID()];
		const room = randomUUID();
		const other = await server.connect(room, bob);
		await talk(other, 1, 4);
		const first = await openDevice(server, room, alice, device, {
			autoPong: false,
			query: { after_seq: "1" },
		});
		await expectEntries(first.client, 2, 4);
		first.client.ws.terminate();
		const again = await openDevice(server, room, alice, device);
		await expectEntries(again.client, 2, 4);
	});

	test("[DC-3] unsolicited pongs, repeated pongs and the heartbeat's pongs prove nothing", async () => {
		const server = await startTestServer({
			pingIntervalMs: 1000,
			pongTimeoutMs: 30_000,
		});
		const [alice, bob, device] = [randomUUID(), randomUUID(), randomUUID()];
		const room = randomUUID();
		const other = await server.connect(room, bob);
		const { client, pings } = await openDevice(server, room, alice, device, {
			autoPong: false,
		});
		await talk(other, 1, 1);
		const isProof = ({ length }: Buffer): boolean => length > 0;
		await vi.waitFor(() => expect(pings.some(isProof)).toBe(true), {
			timeout: 15_000,
		});
		const proof = pings.find(isProof);
		client.ws.pong(proof);
		await untilDelivered(server, room, alice, 1);
		await talk(other, 2, 3);
		await expectEntries(client, 1, 3);
		// The ping after the two messages and a heartbeat's ping are out. The client answers neither with its own payload.
		await vi.waitFor(
			() => {
				expect(pings.filter(isProof).length).toBeGreaterThanOrEqual(2);
				expect(pings.some((ping) => !isProof(ping))).toBe(true);
			},
			{ timeout: 15_000, interval: 10 },
		);
		for (const payload of [
			proof,
			Buffer.alloc(0),
			Buffer.alloc(8),
			Buffer.from("x"),
		])
			client.ws.pong(payload);
		await client.settle();
		client.ws.terminate();
		const again = await openDevice(server, room, alice, device);
		await expectEntries(again.client, 2, 3);
	});

	test("[DC-4] pings follow deliveries, at most one a second, and only with device_id", async () => {
		const server = await startTestServer();
		const [alice, bob, device] = [randomUUID(), randomUUID(), randomUUID()];
		const room = randomUUID();
		const other = await server.connect(room, bob);
		const othersPings: Buffer[] = [];
		other.ws.on("ping", (payload: Buffer) => othersPings.push(payload));
		const { client, pings } = await openDevice(server, room, alice, device);
		const began = performance.now();
		let seq = 0;
		while (performance.now() - began < 3000) await talk(other, ++seq, seq);
		await expectEntries(client, 1, seq);
		await untilDelivered(server, room, alice, seq);
		const seconds = (performance.now() - began) / 1000;
		expect(pings.length).toBeGreaterThanOrEqual(2);
		expect(pings.length).toBeLessThanOrEqual(seconds + 1);
		expect(new Set(pings.map(String)).size).toBe(pings.length);
		expect(othersPings).toEqual([]);
		const so = pings.length;
		await client.settle();
		expect(pings).toHaveLength(so);
	});

	test("[DC-5] if a device has two connections, the newest moves the cursor", async () => {
		const server = await startTestServer();
		const [alice, bob, device] = [randomUUID(), randomUUID(), randomUUID()];
		const room = randomUUID();
		const other = await server.connect(room, bob);
		const older = await openDevice(server, room, alice, device);
		await talk(other, 1, 1);
		await untilDelivered(server, room, alice, 1);
		const newer = await openDevice(server, room, alice, device, {
			autoPong: false,
		});
		await talk(other, 2, 3);
		await expectEntries(older.client, 1, 3);
		await expectEntries(newer.client, 2, 3);
		await untilPinged(newer.pings, 1);
		newer.client.ws.terminate();
		older.client.ws.terminate();
		const again = await openDevice(server, room, alice, device, {
			query: { after_seq: "1" },
		});
		await expectEntries(again.client, 2, 3);
		await untilDelivered(server, room, alice, 3);
		// The device reads again from an earlier position. Its cursor does not move back.
		again.client.ws.terminate();
		const back = await openDevice(server, room, alice, device, {
			autoPong: false,
			query: { after_seq: "0" },
		});
		await expectEntries(back.client, 1, 3);
		back.client.ws.terminate();
		const last = await openDevice(server, room, alice, device);
		await say(other, "m4");
		await expectEntries(last.client, 4, 4);
	});

	test("[DC-6] a cursor survives a restart and applies only to its user and conversation", async () => {
		const first = await startTestServer();
		const [alice, bob, device] = [randomUUID(), randomUUID(), randomUUID()];
		const [room, elsewhere] = [randomUUID(), randomUUID()];
		const other = await first.connect(room, bob);
		const { client } = await openDevice(first, room, alice, device);
		await talk(other, 1, 3);
		await expectEntries(client, 1, 3);
		await first.drain();
		const server = await startTestServer({ dataDirectory: first.directory });
		const talker = await server.connect(room, bob);
		await talk(talker, 4, 5);
		const again = await openDevice(server, room, alice, device);
		await again.client.waitFor(({ seq }) => seq === 5);
		// At least the rest: a drain may cut the connection before the last pong.
		const got = entries(again.client).map(({ seq }) => Number(seq));
		expect(got).toEqual(
			Array.from({ length: got.length }, (_, i) => 6 - got.length + i),
		);
		expect(got.length).toBeGreaterThanOrEqual(2);
		// The same device id of a different user, or in a different conversation, has no effect.
		for (const [user, where] of [
			[bob, room],
			[alice, elsewhere],
		] as const) {
			const stranger = await openDevice(server, where, user, device);
			await stranger.client.settle();
			expect(entries(stranger.client)).toEqual([]);
		}
	});

	test("[DC-7] a device_id that is not a UUID is refused after the check of the conversation id, before membership", async () => {
		const server = await startTestServer({ policy: "members" });
		const headers = await bearer(randomUUID());
		for (const device of ["x", "", "00000000-0000-0000-0000-000000000000"]) {
			const answer = await ask(
				server,
				`${chatPath(randomUUID())}&device_id=${device}`,
				headers,
			);
			expect(answer).toMatchObject({
				status: 400,
				text: '{"error":"invalid device_id"}',
			});
		}
		const malformed = await ask(
			server,
			`${chatPath("x")}&device_id=x`,
			headers,
		);
		expect(malformed.text).toBe('{"error":"invalid conversation_id"}');
		const stranger = await ask(
			server,
			`${chatPath(randomUUID())}&device_id=${randomUUID()}`,
			headers,
		);
		expect(stranger.status).toBe(403);
	});

	test("[RE-7] after=head gives all later entries, no earlier ones, and no unknown_cursor error", async () => {
		const server = await startTestServer();
		const [alice, bob] = [randomUUID(), randomUUID()];
		const room = randomUUID();
		const other = await server.connect(room, bob);
		for (const [past, live] of [
			[0, 1],
			[2, 4],
		] as const) {
			await talk(other, 1, past);
			const client = await server.connect(room, alice, {
				query: { after: "head" },
			});
			await say(other, "live");
			await expectEntries(client, live, live);
			expect(client.frames.map(({ type }) => type)).not.toContain("error");
		}
	});

	test("[DC-8] with after=head a device begins at the head, and a pong for the opening moves its cursor there", async () => {
		const server = await startTestServer();
		const [alice, bob, device] = [randomUUID(), randomUUID(), randomUUID()];
		const room = randomUUID();
		const atHead = { query: { after: "head" } };
		const other = await server.connect(room, bob);
		(await openDevice(server, room, alice, device)).client.ws.terminate();
		await talk(other, 1, 2);
		const unproven = await openDevice(server, room, alice, device, {
			...atHead,
			autoPong: false,
		});
		await untilPinged(unproven.pings, 1);
		expect(entries(unproven.client)).toEqual([]);
		expect((await receiptOf(server, room, alice))?.delivered).toBeUndefined();
		unproven.client.ws.terminate();
		const back = await openDevice(server, room, alice, device, {
			autoPong: false,
		});
		await expectEntries(back.client, 1, 2);
		back.client.ws.terminate();
		const { client } = await openDevice(server, room, alice, device, atHead);
		await untilDelivered(server, room, alice, 2);
		client.ws.terminate();
		await talk(other, 3, 3);
		const last = await openDevice(server, room, alice, device);
		await expectEntries(last.client, 3, 3);
	});

	test("[DC-8] the opening is proved once, and only for a known cursor with device_id", async () => {
		const server = await startTestServer();
		const [alice, bob] = [randomUUID(), randomUUID()];
		const room = randomUUID();
		const other = await server.connect(room, bob);
		await talk(other, 1, 2);
		const open = (query: Record<string, string>) =>
			openDevice(server, room, alice, randomUUID(), { query });
		const proved = [
			await open({ after: "head" }),
			await open({ after_seq: "2" }),
		];
		const silent = [await open({}), await open({ after: "HEAD" })];
		const plain = await server.connect(room, alice, {
			query: { after: "head" },
		});
		const plainPings: Buffer[] = [];
		plain.ws.on("ping", (payload: Buffer) => plainPings.push(payload));
		for (const { pings } of proved) await untilPinged(pings, 1);
		// By then every connection has had its turn, and these two have had a second one.
		await untilDelivered(server, room, alice, 2);
		await talk(other, 3, 3);
		for (const { pings } of [...proved, ...silent])
			await vi.waitFor(() => expect(pings.length).toBeGreaterThan(0), {
				timeout: 15_000,
			});
		for (const { pings } of proved) await untilPinged(pings, 2);
		expect(proved.map(({ pings }) => pings.length)).toEqual([2, 2]);
		expect(silent.map(({ pings }) => pings.length)).toEqual([1, 1]);
		expect(plainPings).toEqual([]);
	});

	test("[RS-18] receipts show the delivered and the read message, and the device if there are several", async () => {
		const server = await startTestServer();
		const [alice, bob] = [randomUUID(), randomUUID()];
		const [phone, laptop] = [randomUUID(), randomUUID()];
		const room = await createConversation(server, bob, [alice]);
		const other = await server.connect(room, bob);
		const onPhone = await openDevice(server, room, alice, phone);
		const first = await say(other, "m1");
		await untilDelivered(server, room, alice, 1);
		expect(await receiptOf(server, room, alice)).toEqual({
			user_id: alice,
			delivered: { message_id: first.message_id, seq: 1 },
		});
		onPhone.client.ws.terminate();
		await openDevice(server, room, alice, laptop);
		const second = await say(other, "m2");
		await untilDelivered(server, room, alice, 2);
		const reader = await server.connect(room, alice);
		reader.send({ type: "read", message_id: first.message_id });
		await other.next("read");
		const receipt = await receiptOf(server, room, alice);
		expect(receipt).toMatchObject({
			read: { message_id: first.message_id, seq: 1 },
			delivered: { message_id: second.message_id, seq: 2 },
		});
		expect(
			receipt?.devices?.map(({ device_id, delivered }) => [
				device_id,
				delivered?.seq,
			]),
		).toEqual([
			[laptop, 2],
			[phone, 1],
		]);
		expect(await receiptOf(server, room, bob)).toEqual({
			user_id: bob,
			read: { message_id: second.message_id, seq: 2 },
		});
	});

	test("[RS-18] receipts show nothing as delivered for a device that has proved nothing", async () => {
		const server = await startTestServer();
		const [alice, bob] = [randomUUID(), randomUUID()];
		const room = randomUUID();
		const other = await server.connect(room, bob);
		await talk(other, 1, 2);
		const { client, pings } = await openDevice(
			server,
			room,
			alice,
			randomUUID(),
			{ autoPong: false },
		);
		expect((await receiptOf(server, room, alice))?.delivered).toBeUndefined();
		const second = randomUUID();
		const { client: back } = await openDevice(server, room, alice, second, {
			query: { after_seq: "0" },
		});
		await expectEntries(back, 1, 2);
		await untilDelivered(server, room, alice, 2);
		const receipt = await receiptOf(server, room, alice);
		expect(receipt?.devices?.map(({ delivered }) => delivered?.seq)).toEqual([
			2,
			undefined,
		]);
		await talk(other, 3, 3);
		await untilPinged(pings, 1);
		client.ws.pong(pings[0]);
		await vi.waitFor(
			async () =>
				expect(
					(await receiptOf(server, room, alice))?.devices?.map(
						({ delivered }) => delivered?.seq,
					),
				).toEqual([3, 3]),
			{ timeout: 15_000, interval: 50 },
		);
	});
});
