import type { NoticeRow } from "@secureconnect/react";
import { expect, test } from "vitest";
import { noticesAfter } from "../src/people/use-notices.ts";

function notice(seq: number, type: string): NoticeRow {
	const [senderId, userId] = ["a", "b"];
	const entry = { type, seq, senderId, userId } as NoticeRow["entry"];
	return { kind: "notice", key: `k${seq}`, seq, senderId, createdAt: 0, entry };
}

test("notices of participants, roles and the conversation count after the checked entry", () => {
	const rows = [
		notice(1, "participant_added"),
		notice(2, "role_changed"),
		notice(3, "of_a_later_version"),
		notice(4, "conversation_changed"),
		notice(5, "participant_removed"),
	];
	const types = (after: number) =>
		noticesAfter(rows, after).map(({ type }) => type);
	expect(types(1)).toEqual([
		"role_changed",
		"conversation_changed",
		"participant_removed",
	]);
	expect(types(5)).toEqual([]);
});
