/** Which of the newest messages the page edits and announces. */
import type { MessageRow } from "@secureconnect/react";
import { expect, test } from "vitest";
import { lastEditable } from "../src/conversation/actions/menu-items.ts";
import { since } from "../src/conversation/announcer.tsx";
import { linesOf } from "../src/conversation/lines.ts";

const ME = "me";
const RIGHTS = { canWrite: true, isLeader: false };

function message(seq: number, more: Partial<MessageRow> = {}): MessageRow {
	const { senderId = ME } = more;
	return {
		kind: "message",
		key: `k${seq}`,
		status: "stored",
		error: undefined,
		isPending: false,
		isOwn: senderId === ME,
		senderId,
		createdAt: seq,
		messageId: `m${seq}`,
		seq,
		clientMessageId: undefined,
		replyTo: undefined,
		threadId: undefined,
		deleted: false,
		thread: undefined,
		content: `text ${seq}`,
		isEncrypted: false,
		messageType: "text",
		metadata: {},
		mentions: undefined,
		version: 0,
		editedAt: undefined,
		reactions: [],
		pinned: false,
		...more,
	};
}

test("the newest own message to edit is a stored, readable text", () => {
	const last = (rows: readonly MessageRow[]) =>
		lastEditable(rows, ME, RIGHTS)?.seq;
	expect(
		last([
			message(1),
			message(2, { isEncrypted: true }),
			message(3, { messageType: "image" }),
			message(4, { deleted: true }),
			message(5, { senderId: "bob" }),
			message(0, { messageId: undefined, status: "sent" }),
		]),
	).toBe(1);
	expect(last([message(1, { senderId: "bob" })])).toBeUndefined();
});

test("a user who cannot write has no message to edit", () => {
	const rights = { ...RIGHTS, canWrite: false };
	expect(lastEditable([message(1)], ME, rights)).toBeUndefined();
});

test("the announcer leaves out a message that was deleted before it spoke", () => {
	const bob = { senderId: "bob" };
	const lines = linesOf(
		[
			message(1, bob),
			message(2, bob),
			message(3, { ...bob, deleted: true, content: "" }),
			message(4),
		],
		ME,
	);
	expect(since(lines, 1).map(({ seq }) => seq)).toEqual([2]);
});
