import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { MarkSummary, TimelinePart } from "../contract.ts";
import { folded, pin, react, withMessage } from "./amending.ts";
import { addition, message, type WithLog } from "./fixtures.ts";

export function folding(withLog: WithLog): void {
	withLog(
		"every part of a timeline has the marks of its messages, in the order of their first marks",
		async (log) => {
			const it = await withMessage(log);
			const { conversationId, owner, member, targetId: threadId } = it;
			const users = Array.from({ length: 11 }, () => randomUUID());
			await log.append([addition(conversationId, owner, users)]);
			const [reply, last] = [
				{ ...message(conversationId, owner, "reply"), threadId },
				{ ...message(conversationId, owner, "last"), threadId },
			];
			await log.append([
				reply,
				message(conversationId, owner, "not in it"),
				last,
			]);
			const onReply = { ...it, targetId: reply.messageId };
			await log.append([
				react(onReply, member, "b"),
				...users.map((user) => react(onReply, user, "many")),
				react(onReply, owner, "a"),
				pin(onReply, member),
				react(onReply, member, "a"),
				react({ ...it, targetId: last.messageId }, member, "a"),
				react(it, member, "taken back"),
				react(it, member, "taken back", false),
			]);
			const marks = [
				summary("b", [member], false),
				{ ...summary("many", users.slice(0, 10), false), count: 11 },
				summary("a", [owner, member], true),
				{ type: "pin", name: "", count: 1, isOwn: true, userIds: [] },
			];
			const marksOf = async (part: TimelinePart): Promise<unknown[]> =>
				(await folded(log, it, part))
					.filter(({ entry }) => entry.type === "chat")
					.map((row) => row.marks);
			const onLast = [summary("a", [member], false)];
			assert.deepEqual(await marksOf({ kind: "all" }), [[], marks, [], onLast]);
			const rootSeq = 1;
			assert.deepEqual(await marksOf({ kind: "thread", rootSeq }), [
				marks,
				onLast,
			]);
			assert.deepEqual(await marksOf({ kind: "marked", type: "pin" }), [marks]);
		},
	);
}

function summary(
	name: string,
	userIds: readonly string[],
	isOwn: boolean,
): MarkSummary {
	return { type: "reaction", name, count: userIds.length, isOwn, userIds };
}
