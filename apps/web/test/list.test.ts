import type { ConversationSummary } from "@secureconnect/client";
import { expect, test } from "vitest";
import { muteTimes } from "../src/list/mute-times.ts";
import { countedUnread, sectionsOf } from "../src/list/sections.ts";

const NOW = new Date(2026, 10, 28, 22, 30).getTime();

function row(
	conversationId: string,
	settings: Partial<ConversationSummary> = {},
): ConversationSummary {
	return { conversationId, unread: 1, ...settings } as ConversationSummary;
}

test("a conversation is muted for hours, until the next local morning, or for ever", () => {
	const ends = muteTimes(NOW).map(([, until]) => until);
	expect(ends).toEqual([
		NOW + 3_600_000,
		NOW + 8 * 3_600_000,
		new Date(2026, 10, 29, 8).getTime(),
		Number.POSITIVE_INFINITY,
	]);
});

test("a conversation is in one section: an archived favourite is in the archive", () => {
	const { favourites, others, archived } = sectionsOf([
		row("a", { archived: true, favourite: true }),
		row("b"),
		row("c", { favourite: true }),
		row("d", { archived: true }),
	]);
	const ids = (of: readonly ConversationSummary[]): string[] =>
		of.map(({ conversationId }) => conversationId);
	expect([ids(favourites), ids(others), ids(archived)]).toEqual([
		["c"],
		["b"],
		["a", "d"],
	]);
});

test("the count in the title leaves out the open, muted and archived conversations", () => {
	const rows = [
		row("open"),
		row("muted", { mutedUntil: NOW + 1 }),
		row("no longer muted", { mutedUntil: NOW - 1 }),
		row("archived", { archived: true }),
		row("other", { unread: 3 }),
	];
	expect(countedUnread(rows, "open", NOW)).toBe(4);
});
