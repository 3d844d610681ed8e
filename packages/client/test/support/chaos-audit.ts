/** Compares the stored entries with those that each client received, independently of the faults. */
import type { ConversationEntry, Message } from "@secureconnect/client";
import type { HistoryEntry } from "../../../cli/test/support/server-process.ts";
import type { Actor } from "./chaos-actor.ts";

/** Returns the errors; empty if there are none. */
export function auditStored(
	stored: readonly HistoryEntry[],
	actors: readonly Actor[],
): string[] {
	const wrong: string[] = [];
	const contents = stored.map(({ content }) => String(content));
	const gap = stored.findIndex(({ seq }, i) => seq !== i + 1);
	if (gap >= 0) wrong.push(`seq ${stored[gap]?.seq} where ${gap + 1} was due`);
	for (const double of twice(contents)) wrong.push(`stored twice: ${double}`);
	const known = new Set(actors.flatMap(({ written }) => written));
	for (const content of contents)
		if (!known.has(content)) wrong.push(`nobody wrote "${content}"`);
	for (const actor of actors) {
		const own = new Set(actor.written);
		const failed = new Set(
			actor.handles.flatMap(({ status, content }) =>
				status === "failed" ? content : [],
			),
		);
		const mine = contents.filter((content) => own.has(content));
		const there = new Set(mine);
		for (const content of actor.written)
			if (!there.has(content) && !failed.has(content))
				wrong.push(`lost: ${content}`);
		const inOrder = actor.written.filter((content) => there.has(content));
		const early = mine.findIndex((content, i) => content !== inOrder[i]);
		if (early >= 0)
			wrong.push(`"${mine[early]}" before "${inOrder[early]}", written first`);
	}
	return wrong;
}

/** Compares one client's view with the stored entries. */
export async function auditActor(
	actor: Actor,
	stored: readonly HistoryEntry[],
): Promise<string[]> {
	const { options, handles, acknowledged, streams, joined } = actor;
	const { plan, protocol, name } = options;
	const wrong = [...actor.complaints];
	for (const handle of handles) {
		const { status, content, clientMessageId } = handle;
		if (status === "failed") {
			if (protocol !== "seed" || handle.error?.code !== "outcome_unknown")
				wrong.push(`failed: ${content}, ${handle.error}`);
			continue;
		}
		if (status !== "acknowledged") {
			wrong.push(`still ${status}: ${content}`);
			continue;
		}
		const { messageId, seq } = await handle.acknowledged;
		const there = stored[Number(seq) - 1];
		if (there?.message_id !== messageId || there.content !== content)
			wrong.push(`acknowledged at ${seq}, where it is not: ${content}`);
		if (acknowledged.get(clientMessageId) !== 1)
			wrong.push(
				`acknowledged ${acknowledged.get(clientMessageId)} times: ${content}`,
			);
	}
	for (const stream of streams) wrong.push(...auditStream(stream, stored));
	const isWhole = plan.role === "whole" && protocol === "v1";
	for (const stream of streams.slice(-plan.views)) {
		const first = stream[0]?.seq ?? stored.length + 1;
		const last = stream.at(-1)?.seq ?? 0;
		if (last !== stored.length)
			wrong.push(`told up to ${last} of ${stored.length}`);
		if (isWhole && first !== 1) wrong.push(`told from ${first} on`);
		if (protocol === "v1")
			wrong.push(...auditWhole(await actor.history(), stream, stored));
		if (joined) wrong.push(...auditWhole(joined, stream, stored));
	}
	return wrong.map((what) => `${name} (${plan.role}): ${what}`);
}

/** Checks the entries that one run received: each must be the next one. */
function auditStream(
	stream: readonly Message[],
	stored: readonly HistoryEntry[],
): string[] {
	const first = stream[0]?.seq ?? 1;
	return stream.flatMap(({ seq, messageId, content }, i) => {
		if (seq !== first + i) return `told ${seq} where ${first + i} was due`;
		const there = stored[seq - 1];
		return there?.message_id === messageId && there.content === content
			? []
			: `told another ${seq} than what is stored`;
	});
}

/** Checks that history (newest first) and live entries together contain each entry once. */
function auditWhole(
	before: readonly ConversationEntry[],
	live: readonly Message[],
	stored: readonly HistoryEntry[],
): string[] {
	const all = [...before.toReversed(), ...live].map(
		({ seq }) => stored[seq - 1]?.seq,
	);
	return all.length === stored.length && all.every((seq, i) => seq === i + 1)
		? []
		: [`history and live make ${all.length} of ${stored.length}: ${all}`];
}

export function twice(values: readonly string[]): string[] {
	const seen = new Set<string>();
	return values.filter((value) => seen.size === seen.add(value).size);
}
