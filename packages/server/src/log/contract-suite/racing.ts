import assert from "node:assert/strict";
import type { MessageLog, Outcome, Write } from "../contract.ts";
import {
	type Amended,
	edit,
	erase,
	folded,
	pin,
	react,
	withMessage,
} from "./amending.ts";
import {
	addition,
	brief,
	kinds,
	message,
	removal,
	type WithLog,
} from "./fixtures.ts";

/** Appends two writes in two batches at the same time. Returns their outcomes in order of the calls. */
async function atTheSameTime(
	log: MessageLog,
	first: Write,
	second: Write,
): Promise<[Outcome | Error, Outcome | Error]> {
	const [[a], [b]] = await Promise.all([
		log.append([first]),
		log.append([second]),
	]);
	assert.ok(a && b);
	return [a, b];
}

/** Returns whether the log decided for `a` before `b`. A refused write comes after the write that refuses it. */
function isBefore(a: Outcome | Error, b: Outcome | Error): boolean {
	const [seqA, seqB] = [a, b].map((it) => (brief(it) as { seq?: number }).seq);
	return seqA !== undefined && (seqB === undefined || seqA < seqB);
}

/** Commands of the member about the member's own message. */
const COMMANDS: Readonly<Record<string, (it: Amended) => Write>> = {
	chat: (it) => message(it.conversationId, it.member, "more"),
	edit: (it) => edit(it, "changed", {}, it.member),
	delete: (it) => erase(it, it.member),
	reaction: (it) => react(it, it.member, "eyes"),
	pin: (it) => pin(it, it.member),
};

/** Adds a message of the member. */
async function withOwn(log: MessageLog): Promise<Amended> {
	const it = await withMessage(log);
	const own = message(it.conversationId, it.member, "mine");
	await log.append([own]);
	return { ...it, targetId: own.messageId };
}

export function racing(withLog: WithLog): void {
	for (const name of ["edit", "reaction", "pin", "delete"] as const)
		for (const isFirst of [true, false])
			withLog(
				`the order of the log decides between ${name} and delete, called ${isFirst ? "before" : "after"} it`,
				async (log) => {
					const it = await withOwn(log);
					const write = COMMANDS[name]?.(it) ?? erase(it);
					const erasure = erase(it);
					const [a, b] = isFirst
						? await atTheSameTime(log, write, erasure)
						: (await atTheSameTime(log, erasure, write)).toReversed();
					assert.ok(a && b);
					const outcomes = [kinds(a), kinds(b)];
					// Of two deletions one is stored. Any other amendment is stored if it comes first.
					const due = isBefore(a, b)
						? ["stored", name === "delete" ? "message_deleted" : "stored"]
						: ["message_deleted", "stored"];
					assert.deepEqual(outcomes, due);
					const [, mine] = await folded(log, it);
					assert.deepEqual([mine?.marks, mine?.entry.isErased], [[], true]);
				},
			);

	withLog(
		"of two edits of a version at the same time, one is stored",
		async (log) => {
			const it = await withMessage(log);
			const [a, b] = await atTheSameTime(
				log,
				edit(it, "b", { ifVersion: 0 }),
				edit(it, "c", { ifVersion: 0 }),
			);
			assert.deepEqual([kinds(a), kinds(b)].sort(), [
				"stored",
				"version_conflict",
			]);
			const [row] = await folded(log, it);
			assert.match(
				String(row?.entry.body),
				kinds(a) === "stored" ? /"content":"b"/ : /"content":"c"/,
			);
		},
	);

	for (const name of Object.keys(COMMANDS))
		for (const isFirst of [true, false])
			withLog(
				`the order of the log decides between ${name} and the removal of its user, called ${isFirst ? "before" : "after"} it`,
				async (log) => {
					const it = await withOwn(log);
					const write = COMMANDS[name]?.(it) ?? erase(it);
					const end = removal(it.conversationId, it.owner, it.member);
					const [a, b] = isFirst
						? await atTheSameTime(log, write, end)
						: (await atTheSameTime(log, end, write)).toReversed();
					assert.ok(a && b);
					assert.deepEqual(
						[kinds(a), kinds(b)],
						[isBefore(a, b) ? "stored" : "not_participant", "stored"],
					);
					// What the removed user sends later has no effect, until the user is added again.
					const later = COMMANDS[name]?.(it) ?? erase(it);
					const again = addition(it.conversationId, it.owner, [it.member]);
					const outcomes = await log.append([later, again]);
					assert.deepEqual(outcomes.map(kinds), ["not_participant", "stored"]);
				},
			);
}
