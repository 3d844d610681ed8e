/** Tests every check of the oracle with a journal that has one fault, and all with a correct one. */
import { describe, expect, test } from "vitest";
import { audit } from "../oracle/audit.ts";
import {
	nothingTwiceOnAConnection,
	resumedExactlyTheRest,
} from "../oracle/delivering.ts";
import type { ClientRecord, Finding, RoomRecord } from "../oracle/record.ts";
import {
	answeredWithin,
	everyIdIsAnswered,
	sendersOrderIsKept,
	sentOnceAtMost,
	storedWasSent,
} from "../oracle/sending.ts";
import {
	acknowledgedIsStored,
	oneIdOneSeq,
	seenIsStored,
	seqIsConsecutive,
} from "../oracle/storing.ts";
import { watermarksNeverGoBack } from "../oracle/watermarks.ts";
import {
	ANNA,
	acknowledged,
	anna,
	client,
	closed,
	connecting,
	delivered,
	entry,
	kinds,
	on1,
	READER,
	resumed,
	room,
	type Step,
	sent,
	three,
	withoutId,
} from "./support/records.ts";

test("a correct conversation with a lost connection has no findings", () => {
	const receiver = client(
		READER,
		"after",
		{ kind: "connecting", cursor: { afterSeq: 0 } },
		{ kind: "welcomed", watermarks: [] },
		delivered(1),
		{ kind: "watermark", userId: ANNA, messageId: "m1" },
		closed,
		resumed(1),
		on1({ kind: "welcomed", watermarks: [{ userId: ANNA, messageId: "m1" }] }),
		on1({ kind: "watermark", userId: ANNA, messageId: "m1" }),
		on1(delivered(2)),
		on1(delivered(3)),
		on1({ kind: "watermark", userId: ANNA, messageId: "m2" }),
	);
	const sender = client(
		ANNA,
		undefined,
		connecting,
		sent(1),
		acknowledged(1),
		sent(2),
		closed,
		{ ...connecting, connection: 1 },
		on1(sent(2)),
		on1(acknowledged(2)),
		on1({ kind: "sent", content: "c3", id: "i3" }),
		on1({ kind: "refused", code: "unavailable", id: "i3" }),
		on1(sent(3)),
		on1(acknowledged(3)),
	);
	const marks = [{ userId: ANNA, messageId: "m3" }];
	expect(audit(room(three, [sender, receiver], marks))).toEqual([]);
});

test("a message without an answer may be stored once or not at all", () => {
	const withoutIds = client(
		ANNA,
		undefined,
		connecting,
		{ kind: "sent", content: "c1", id: undefined },
		{ kind: "sent", content: "c2", id: undefined },
		closed,
	);
	expect(audit(room([withoutId(1)], [withoutIds]))).toEqual([]);
	expect(
		kinds(
			audit(
				room([withoutId(1), withoutId(2, { content: "c1" })], [withoutIds]),
			),
		),
	).toEqual(["duplicated"]);
});

describe("faults are found:", () => {
	const reader = (...steps: Step[]): ClientRecord =>
		client(
			READER,
			"after",
			{ kind: "connecting", cursor: { afterSeq: 0 } },
			...steps,
		);
	const wrong: [
		check: (room: RoomRecord) => Finding[],
		title: string,
		kind: Finding["kind"],
		record: () => RoomRecord,
	][] = [
		[
			seqIsConsecutive,
			"a gap in the history",
			"lost",
			() => room([entry(1), entry(3)], [anna(1, 3)]),
		],
		[
			seqIsConsecutive,
			"history out of order",
			"reordered",
			() => room([entry(1), entry(2), entry(1)], [anna(1, 2)]),
		],
		[
			acknowledgedIsStored,
			"acknowledged, not stored",
			"lost",
			() => room([entry(1)], [anna(1, 2)]),
		],
		[
			acknowledgedIsStored,
			"acknowledged under another seq",
			"reordered",
			() =>
				room(
					[entry(1)],
					[
						client(
							ANNA,
							undefined,
							connecting,
							sent(1),
							acknowledged(1, { seq: 2 }),
						),
					],
				),
		],
		[
			seenIsStored,
			"received, not stored",
			"lost",
			() => room([entry(1)], [anna(1), reader(delivered(1), delivered(2))]),
		],
		[
			seenIsStored,
			"received with different content",
			"broken",
			() => room([entry(1)], [anna(1), reader(delivered(1, { content: "x" }))]),
		],
		[
			oneIdOneSeq,
			"one id under two seqs",
			"reordered",
			() =>
				room(
					[entry(1)],
					[
						anna(1),
						reader(
							delivered(1),
							closed,
							resumed(1),
							on1(delivered(2, { message_id: "m1" })),
						),
					],
				),
		],
		[
			oneIdOneSeq,
			"one seq for two ids",
			"reordered",
			() =>
				room(
					[entry(1)],
					[
						anna(1),
						client(
							READER,
							undefined,
							connecting,
							delivered(1, { message_id: "other" }),
						),
					],
				),
		],
		[
			nothingTwiceOnAConnection,
			"twice on a connection",
			"duplicated",
			() => room([entry(1)], [anna(1), reader(delivered(1), delivered(1))]),
		],
		[
			nothingTwiceOnAConnection,
			"missing on a connection",
			"lost",
			() =>
				room(three, [
					anna(1, 2, 3),
					client(READER, undefined, connecting, delivered(1), delivered(3)),
				]),
		],
		[
			nothingTwiceOnAConnection,
			"out of order on a connection",
			"reordered",
			() =>
				room(three, [
					anna(1, 2, 3),
					client(
						READER,
						undefined,
						connecting,
						delivered(2),
						delivered(1),
						delivered(2, { message_id: "x" }),
						delivered(3),
					),
				]),
		],
		[
			resumedExactlyTheRest,
			"resumed too late",
			"lost",
			() =>
				room(three, [
					anna(1, 2, 3),
					client(READER, undefined, resumed(1), on1(delivered(3))),
				]),
		],
		[
			resumedExactlyTheRest,
			"resumed too early",
			"duplicated",
			() =>
				room(three, [
					anna(1, 2, 3),
					client(
						READER,
						undefined,
						resumed(1),
						on1(delivered(1)),
						on1(delivered(2)),
						on1(delivered(3)),
					),
				]),
		],
		[
			resumedExactlyTheRest,
			"open, without the end",
			"lost",
			() =>
				room(three, [
					anna(1, 2, 3),
					client(READER, undefined, connecting, delivered(1)),
				]),
		],
		[
			resumedExactlyTheRest,
			"resumed, without the rest",
			"lost",
			() => room(three, [anna(1, 2, 3), client(READER, undefined, resumed(1))]),
		],
		[
			resumedExactlyTheRest,
			"never received by a client that resumes",
			"lost",
			() => room([entry(1)], [anna(1), reader(closed)]),
		],
		[
			resumedExactlyTheRest,
			"received twice, on two connections, by a client that resumes",
			"duplicated",
			() =>
				room(
					[entry(1)],
					[
						anna(1),
						reader(delivered(1), closed, resumed(0), on1(delivered(1))),
					],
				),
		],
		[
			sentOnceAtMost,
			"stored twice under one client_message_id",
			"duplicated",
			() =>
				room(
					[entry(1), entry(2, { content: "c1", client_message_id: "i1" })],
					[anna(1)],
				),
		],
		[
			storedWasSent,
			"stored, but not sent",
			"broken",
			() => room([entry(1)], []),
		],
		[
			storedWasSent,
			"stored with a different client_message_id",
			"broken",
			() =>
				room(
					[entry(1, { client_message_id: "x" })],
					[
						client(ANNA, undefined, connecting, {
							kind: "sent",
							content: "c1",
							id: undefined,
						}),
					],
				),
		],
		[
			sendersOrderIsKept,
			"stored in a different order than sent with ids, over two connections",
			"reordered",
			() =>
				room(
					[entry(1), entry(2)],
					[
						client(
							ANNA,
							undefined,
							connecting,
							sent(2),
							closed,
							{ ...connecting, connection: 1 },
							on1(sent(1)),
							on1(acknowledged(1)),
							on1(sent(2)),
							on1(acknowledged(2)),
						),
					],
				),
		],
		[
			sendersOrderIsKept,
			"stored in a different order than sent on one connection without ids",
			"reordered",
			() =>
				room(
					[1, 2].map((it) => withoutId(it)),
					[
						client(
							ANNA,
							undefined,
							connecting,
							...[2, 1].map(
								(it): Step => ({
									kind: "sent",
									content: `c${it}`,
									id: undefined,
								}),
							),
						),
					],
				),
		],
		[
			everyIdIsAnswered,
			"sent with an id, but not stored in the end",
			"lost",
			() => room([], [client(ANNA, undefined, connecting, sent(1))]),
		],
		[
			everyIdIsAnswered,
			"sent with an id, but never answered",
			"broken",
			() => room([entry(1)], [client(ANNA, undefined, connecting, sent(1))]),
		],
		...watermarks(),
	];

	test.each(wrong)("by %o: %s", (check, _, kind, record) => {
		const found = check(record());
		expect(kinds(found)).toEqual([kind]);
		expect(audit(record())).toEqual(expect.arrayContaining(found));
	});

	function watermarks(): typeof wrong {
		const mark = (seq: number): Step => ({
			kind: "watermark",
			userId: READER,
			messageId: `m${seq}`,
		});
		const welcomed = (...seqs: number[]): Step => ({
			kind: "welcomed",
			watermarks: seqs.map((seq) => ({ userId: READER, messageId: `m${seq}` })),
		});
		const told =
			(final: number, ...steps: Step[]) =>
			() =>
				room(
					three,
					[
						anna(1, 2, 3),
						client(READER, undefined, connecting, ...steps, {
							...closed,
							connection: 9,
						}),
					],
					final === 0 ? [] : [{ userId: READER, messageId: `m${final}` }],
				);
		return [
			[
				watermarksNeverGoBack,
				"a watermark that moves back",
				"reordered",
				told(2, mark(2), mark(1)),
			],
			[
				watermarksNeverGoBack,
				"a watermark reported twice",
				"reordered",
				told(2, mark(2), mark(2)),
			],
			[
				watermarksNeverGoBack,
				"a watermark reported twice after a welcome with it",
				"reordered",
				told(2, welcomed(2), mark(2), mark(2)),
			],
			[
				watermarksNeverGoBack,
				"a watermark older than in the welcome of its connection",
				"reordered",
				told(2, welcomed(2), mark(1)),
			],
			[
				watermarksNeverGoBack,
				"a welcome with an older watermark than reported before",
				"reordered",
				told(
					2,
					mark(2),
					closed,
					{ ...connecting, connection: 1 },
					on1(welcomed(1)),
				),
			],
			[
				watermarksNeverGoBack,
				"a welcome without a watermark reported before",
				"reordered",
				told(
					2,
					mark(2),
					closed,
					{ ...connecting, connection: 1 },
					on1(welcomed()),
				),
			],
			[
				watermarksNeverGoBack,
				"a watermark that is missing in the end",
				"lost",
				told(0, mark(1)),
			],
			[
				watermarksNeverGoBack,
				"a watermark that is older in the end",
				"lost",
				told(1, mark(2)),
			],
			[
				watermarksNeverGoBack,
				"a watermark on a message that is not stored",
				"lost",
				told(3, mark(4)),
			],
		];
	}
});

describe("an answer in time", () => {
	const span = { from: 0, to: 100 };
	const record = (...steps: Step[]) => ({
		clients: [client(ANNA, undefined, connecting, ...steps)],
	});
	const from = (at: number, step: Step): Step => ({ ...step, at });
	const refused: Step = { kind: "refused", code: "unavailable", id: "i1" };

	test.each([
		["is an acknowledgement", [from(10, sent(1)), from(20, acknowledged(1))]],
		["is an error", [from(10, sent(1)), from(20, refused)]],
		["is not due on a lost connection", [from(10, sent(1)), from(20, closed)]],
		["is not due yet", [from(90, sent(1))]],
		["is not due outside the span", [from(101, sent(1)), from(999, refused)]],
	])("%s", (_, steps) => {
		expect(answeredWithin(record(...steps), 50, span, 120)).toEqual([]);
	});

	test.each([
		["is late", [from(10, sent(1)), from(70, refused)]],
		[
			"is late, and so is the acknowledgement",
			[from(10, sent(1)), from(70, acknowledged(1))],
		],
		["never comes", [from(10, sent(1))]],
	])("is missed where it %s", (_, steps) => {
		expect(kinds(answeredWithin(record(...steps), 50, span, 999))).toEqual([
			"broken",
		]);
	});
});
