/** Servers that implement only the original protocol document, and our own server addressed with that protocol. */
import { randomUUID } from "node:crypto";
import { connect, createServer, type Server, type Socket } from "node:net";
import { type ClientOptions, createClient } from "@secureconnect/client";
import { expect, onTestFinished, test } from "vitest";
import { SeedServer } from "../../conformance/test/servers/seed-server.ts";
import { startTestServer } from "../../server/test/support/server.ts";
import { SECRET, token } from "../../server/test/support/token.ts";
import { clientOf, collect, until } from "./support/client.ts";

async function startSeedServer(): Promise<SeedServer> {
	const server = await new SeedServer(SECRET, {
		pingIntervalMs: 54_000,
		pongTimeoutMs: 60_000,
	}).start();
	onTestFinished(() => server.close());
	return server;
}

function seedClient(
	url: string,
	userId: string,
	options: Partial<ClientOptions> = {},
): ReturnType<typeof createClient> {
	const client = createClient({
		url,
		token: () => token(userId),
		protocol: "seed",
		...options,
	});
	onTestFinished(() => client.close());
	return client;
}

/** Forwards to a port. On request it cuts all connections or withholds the server's data. */
async function relayTo(port: number): Promise<{
	url: string;
	requests: string[];
	mute: () => void;
	cut: () => void;
}> {
	const sockets = new Set<Socket>();
	const requests: string[] = [];
	let isMute = false;
	const relay: Server = createServer((near) => {
		const far = connect(port, "127.0.0.1");
		for (const socket of [near, far]) {
			sockets.add(socket);
			socket.on("error", () => {});
			socket.on("close", () => sockets.delete(socket));
		}
		near.once("data", (data) =>
			requests.push(data.toString().split("\r\n")[0] ?? ""),
		);
		near.on("data", (data) => far.write(data));
		far.on("data", (data) => {
			if (!isMute) near.write(data);
		});
		near.on("close", () => far.destroy());
		far.on("close", () => near.destroy());
	});
	await new Promise<void>((resolve) =>
		relay.listen(0, "127.0.0.1", () => resolve()),
	);
	onTestFinished(() => {
		for (const socket of sockets) socket.destroy();
		relay.close();
	});
	const address = relay.address();
	if (typeof address !== "object" || !address) throw new Error("no port");
	return {
		url: `http://127.0.0.1:${address.port}`,
		requests,
		mute: () => {
			isMute = true;
		},
		cut: () => {
			isMute = false;
			for (const socket of sockets) socket.destroy();
		},
	};
}

function portOf(url: string): number {
	return Number(new URL(url).port);
}

test("the client sends no device_id to a server with only the original document", async () => {
	const server = await startTestServer();
	const relay = await relayTo(Number(server.address.split(":")[1]));
	const conversation = seedClient(relay.url, randomUUID(), {
		deviceId: randomUUID(),
	}).conversation(randomUUID());
	await until(
		conversation,
		() => conversation.state.name === "open",
		"an open connection",
	);
	expect(relay.requests[0]).toContain("conversation_id=");
	expect(relay.requests[0]).not.toMatch(/device_id|after/);
});

test("two clients chat, type and read over a server with only the original document", async () => {
	const { url } = await startSeedServer();
	const [alice, bob, id] = [randomUUID(), randomUUID(), randomUUID()];
	const a = seedClient(url, alice).conversation(id);
	// Before Bob connects: such a server does not report users who were online already.
	await until(a, () => a.state.name === "open", "an open connection");
	const b = seedClient(url, bob).conversation(id);
	const [seenByA, seenByB] = [collect(a), collect(b)];
	await until(b, () => b.state.name === "open", "an open connection");
	const first = a.send("Hello");
	const second = a.send("Hello");
	const at = await first.acknowledged;
	await second.acknowledged;
	expect(at.seq).toBeUndefined();
	await until(b, () => seenByB.length === 2, "both messages");
	expect(seenByB).toEqual(seenByA);
	expect(new Set(seenByA.map(({ messageId }) => messageId)).size).toBe(2);

	a.sendTyping();
	await until(b, () => b.typing.includes(alice), "typing");
	b.markAsRead(at.messageId);
	await until(a, () => a.receipts.get(bob) === at.messageId, "the receipt");
	await until(a, () => a.presence.length === 2, "both on line");
});

test("without deduplication, a message whose answer is lost is not sent again and fails", async () => {
	const server = await startSeedServer();
	const relay = await relayTo(portOf(server.url));
	const [alice, id] = [randomUUID(), randomUUID()];
	const witness = seedClient(server.url, randomUUID()).conversation(id);
	const seen = collect(witness);
	await until(witness, () => witness.state.name === "open", "the witness");
	const conversation = seedClient(relay.url, alice).conversation(id);
	await conversation.send("answered").acknowledged;
	relay.mute();
	const lost = conversation.send("unanswered");
	const waiting = conversation.send("queued");
	await until(witness, () => seen.length === 2, "the unanswered one");
	relay.cut();
	await expect(lost.acknowledged).rejects.toMatchObject({
		code: "outcome_unknown",
	});
	expect(lost.status).toBe("failed");
	await waiting.acknowledged;
	await until(witness, () => seen.length >= 3, "the queued one");
	expect(seen.map(({ content }) => content)).toEqual([
		"answered",
		"unanswered",
		"queued",
	]);
});

test('with protocol "seed" on our own server, the client detects deduplication, resends lost messages and fetches missed ones', async () => {
	const server = await startTestServer();
	const relay = await relayTo(server.port);
	const [alice, id] = [randomUUID(), randomUUID()];
	const witness = clientOf(server, randomUUID()).conversation(id);
	const seenByWitness = collect(witness);
	const conversation = seedClient(relay.url, alice).conversation(id);
	const seen = collect(conversation);
	await conversation.send("one").acknowledged;
	relay.mute();
	const two = conversation.send("two");
	await until(witness, () => seenByWitness.length === 2, "the second message");
	await witness.send("missed").acknowledged;
	relay.cut();
	expect((await two.acknowledged).seq).toBe(2);
	await until(conversation, () => seen.length === 3, "what was missed");
	expect(seen.map(({ seq, content }) => [seq, content])).toEqual([
		[1, "one"],
		[2, "two"],
		[3, "missed"],
	]);
	expect(seenByWitness).toEqual(seen);
	expect(relay.requests.length).toBeGreaterThanOrEqual(2);
	for (const line of relay.requests) expect(line).toContain("access_token=");
});

test('with protocol "seed", a token renewal closes with 1000 Token refresh, and others do not see the user leave', async () => {
	const server = await startTestServer();
	const [alice, bob, id] = [randomUUID(), randomUUID(), randomUUID()];
	const plain = await server.connect(id, bob);
	let tokens = 0;
	const conversation = seedClient(`http://${server.address}`, alice, {
		token: () => {
			tokens++;
			const iat = Math.floor(Date.now() / 1000);
			return token(alice, { iat, exp: iat + 3 });
		},
	}).conversation(id);
	const sent: Promise<unknown>[] = [];
	const states: string[] = [];
	conversation.on("state", ({ name }) => {
		states.push(name);
		if (name === "open")
			sent.push(conversation.send(`over ${tokens}`).acknowledged);
	});
	await until(conversation, () => sent.length === 3, "two renewals", 15_000);
	await Promise.all(sent);
	expect(states).not.toContain("failed");
	expect(plain.of("user_left")).toEqual([]);
	expect(
		plain.of("user_joined").filter(({ sender_id }) => sender_id === alice),
	).toHaveLength(1);
});

test('a v1 client does not fall back to protocol "seed": its token is not in the URL, and the connection fails', async () => {
	const server = await startSeedServer();
	const relay = await relayTo(portOf(server.url));
	const alice = randomUUID();
	const client = createClient({ url: relay.url, token: () => token(alice) });
	onTestFinished(() => client.close());
	const conversation = client.conversation(randomUUID());
	await until(
		conversation,
		() => conversation.state.name === "failed",
		"the end",
	);
	expect(conversation.state).toMatchObject({ error: { code: "unauthorized" } });
	for (const line of relay.requests) expect(line).not.toContain("access_token");
});
