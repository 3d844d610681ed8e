import { randomUUID } from "node:crypto";
import type { Entry } from "@secureconnect/protocol";
import { random } from "../support/random.ts";
import { SimulatedClient } from "./client.ts";
import { Findings } from "./findings.ts";
import { SimulatedNode } from "./node.ts";
import type { DiskState, SimulatedDisk } from "./simulated-log.ts";
import { VirtualTime } from "./virtual-time.ts";

const CLIENTS = [
	{ isV1: true, resumesBy: "id" },
	{ isV1: true, resumesBy: "seq" },
	{ isV1: false, resumesBy: "id" },
	{ isV1: true, resumesBy: "id" },
] as const;
/** Virtual milliseconds of a run, and how long the clients may take afterwards until everything is as it should be. */
const ACTIVE_MS = 1000;
const QUIET_MS = 60_000;
const CHECK_MS = 50;
const HEAL_MS = 2000;
const CONTENT = "x".repeat(120);

export interface Result {
	readonly findings: readonly string[];
	readonly entries: number;
	readonly kills: number;
}

/**
 * Simulates one conversation: clients that send, amend, read, stop reading and lose their connections, a disk that
 * stalls and fills up, and a server that is killed. The same seed gives the same run.
 */
export async function simulate(
	seed: number,
	disk: SimulatedDisk,
): Promise<Result> {
	const time = new VirtualTime(random(seed));
	const findings = new Findings();
	const state: DiskState = { stalledUntil: 0, isFull: false };
	let kills = 0;
	let node: SimulatedNode | undefined;
	const start = (): SimulatedNode =>
		new SimulatedNode(disk, state, time, (error) => {
			findings.add(`the server reported ${String(error)}`);
		});
	node = start();
	const conversationId = randomUUID() as string;
	const owner = randomUUID() as string;
	const clients = CLIENTS.map(
		(kind) =>
			new SimulatedClient(() => node, conversationId, kind, time, findings),
	);
	const [first] = clients;
	disk.commit([
		{
			kind: "create",
			conversationId,
			userId: owner,
			admin: false,
			title: null,
			metadata: "{}",
			// Two connections of a user, so that presence counts users.
			participantIds: clients.map(({ userId }) => userId),
			timestamp: time.now,
			limits: { maxParticipants: 100, maxUnansweredAdditions: 100 },
		},
	]);
	if (first)
		clients.push(
			new SimulatedClient(
				() => node,
				conversationId,
				CLIENTS[1],
				time,
				findings,
				first.userId,
			),
		);
	for (const client of clients) client.connect();

	const some = <T>(items: readonly T[]): T | undefined =>
		items[time.pick(items.length)];
	const kill = (): void => {
		if (!node) return;
		kills++;
		node.kill();
		node = undefined;
		time.after(50 + time.random() * 500, () => {
			node = start();
		});
	};
	const removals = async (client: SimulatedClient): Promise<void> => {
		const admin = { userId: owner, admin: false };
		const at = node;
		await at?.commands
			.removeParticipant(conversationId, admin, client.userId)
			.catch(() => {});
		await time.wait(time.random() * 500);
		await node?.commands
			.addParticipants(conversationId, admin, [client.userId])
			.catch(() => {});
		for (const other of clients)
			if (other.userId === client.userId) other.comeBack();
	};
	const act = (): void => {
		const client = some(clients);
		if (!client) return;
		const message = some(client.messages());
		const target_id = message?.messageId;
		switch (time.pick(16)) {
			case 0:
			case 1:
			case 2:
			case 3:
			case 4:
				for (let i = time.pick(4); i >= 0; i--)
					client.command({ type: "chat", content: CONTENT });
				break;
			case 5:
				if (target_id)
					client.command({ type: "edit", target_id, content: CONTENT });
				break;
			case 6:
				if (target_id)
					client.command({
						type: "reaction",
						target_id,
						reaction: "+",
						on: time.pick(2) === 0,
					});
				break;
			case 7:
				if (target_id && time.pick(2) === 0)
					client.command({ type: "delete", target_id });
				else client.send({ type: "typing" });
				break;
			case 8:
			case 9:
				if (target_id) client.send({ type: "read", message_id: target_id });
				break;
			case 10:
				client.setReading(false);
				time.after(time.random() * 800, () => client.setReading(true));
				break;
			case 11:
				client.cut();
				break;
			case 12:
				client.leave();
				time.after(time.random() * 600, () => client.connect());
				break;
			case 13:
				if (time.pick(3) === 0) kill();
				break;
			case 14:
				if (time.pick(2) === 0) state.stalledUntil = time.now + time.pick(900);
				else {
					state.isFull = true;
					time.after(time.random() * 400, () => {
						state.isFull = false;
					});
				}
				break;
			default:
				if (time.pick(3) === 0) void removals(client);
		}
	};
	const end = time.now + ACTIVE_MS;
	const next = (): void => {
		if (time.now >= end) return;
		act();
		time.after(time.random() * 50, next);
	};
	next();
	await time.run(ACTIVE_MS);

	const heal = (): void => {
		state.isFull = false;
		const inside = participants();
		for (const client of clients) {
			client.setReading(true);
			if (inside.has(client.userId)) client.comeBack();
			client.connect();
		}
	};
	const head = (): number => disk.reader.head(conversationId) ?? 0;
	const participants = (): Set<string> =>
		new Set(
			disk.reader
				.conversation(conversationId)
				?.participants.map(({ userId }) => userId),
		);
	const isQuiet = (): boolean => {
		const inside = participants();
		return clients.every(
			(client) =>
				!inside.has(client.userId) ||
				(client.isConnected &&
					client.isSettled &&
					client.lastSeq === head() &&
					seesEveryone(client, clients, inside)),
		);
	};
	// Clients that a failing write kept out, or that nobody let in again, get another chance.
	let isEverythingQuiet = false;
	for (let ms = 0; ms < QUIET_MS && !isEverythingQuiet; ms += CHECK_MS) {
		if (ms % HEAL_MS === 0) heal();
		await time.run(CHECK_MS);
		isEverythingQuiet = isQuiet();
	}
	if (!isEverythingQuiet)
		findings.add(
			`after ${QUIET_MS} ms of quiet the clients are at ${clients
				.map(
					(client) =>
						`${client.lastSeq}${client.isSettled ? "" : " unsettled"}${client.isConnected ? "" : " offline"} (${[...(client.online ?? [])].length} online)`,
				)
				.join(", ")} of ${head()}`,
		);
	audit(disk.reader.range(conversationId, 1, head()), clients, findings);
	node?.kill();
	return { findings: findings.all, entries: head(), kills };
}

/** Whether a v1 client shows exactly the users who are online. A plain client gets no list. */
function seesEveryone(
	{ isV1, online }: SimulatedClient,
	clients: readonly SimulatedClient[],
	inside: ReadonlySet<string>,
): boolean {
	if (!isV1) return true;
	const connected = new Set(
		clients
			.filter((client) => client.isConnected && inside.has(client.userId))
			.map(({ userId }) => userId),
	);
	return (
		online?.size === connected.size &&
		[...connected].every((userId) => online.has(userId))
	);
}

/** Compares what the clients saw with what is stored. */
function audit(
	stored: readonly Entry[],
	clients: readonly SimulatedClient[],
	findings: Findings,
): void {
	const bySeq = new Map(stored.map((entry) => [entry.seq, entry]));
	for (const [i, { seq }] of stored.entries())
		if (seq !== i + 1) findings.add(`seq ${seq} is stored in place ${i + 1}`);
	const byCommand = new Map<string, Entry[]>();
	for (const entry of stored) {
		const { clientMessageId, senderId } = entry;
		if (clientMessageId === null) continue;
		const name = `${senderId} ${clientMessageId}`;
		byCommand.set(name, [...(byCommand.get(name) ?? []), entry]);
	}
	for (const [name, entries] of byCommand)
		if (entries.length > 1)
			findings.add(`${entries.length} entries of the command ${name}`);
	for (const { received, acknowledged, sentIds, userId } of clients) {
		for (const { seq, messageId } of received)
			if (bySeq.get(seq)?.messageId !== messageId)
				findings.add(
					`a client saw an entry at ${seq} that is not stored there`,
				);
		for (const { seq, messageId } of acknowledged)
			if (bySeq.get(seq)?.messageId !== messageId)
				findings.add(`an acknowledged entry is not stored at ${seq}`);
		const places = sentIds.flatMap((id) =>
			(byCommand.get(`${userId} ${id}`) ?? []).map(({ seq }) => seq),
		);
		if (places.some((seq, i) => seq < (places[i - 1] ?? 0)))
			findings.add("a sender's commands are stored in a different order");
	}
}
