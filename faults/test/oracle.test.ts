/** Every check of the oracle is handed a log in which one thing is wrong; and one in which nothing is. */
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

test("a conversation in which nothing is wrong, through a lost connection, has no findings", () => {
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

test("a send without an answer may be stored, once, or not", () => {
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

describe("what is wrong is found:", () => {
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
			"a hole in the history",
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
			"shown, not stored",
			"lost",
			() => room([entry(1)], [anna(1), reader(delivered(1), delivered(2))]),
		],
		[
			seenIsStored,
			"shown with other content than stored",
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
			"left out on a connection",
			"lost",
			() =>
				room(three, [
					anna(1, 2, 3),
					client(READER, undefined, connecting, delivered(1), delivered(3)),
				]),
		],
		[
			nothingTwiceOnAConnection,
			"back on a connection",
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
			"open, and not shown the end",
			"lost",
			() =>
				room(three, [
					anna(1, 2, 3),
					client(READER, undefined, connecting, delivered(1)),
				]),
		],
		[
			resumedExactlyTheRest,
			"resumed, and shown nothing of the rest",
			"lost",
			() => room(three, [anna(1, 2, 3), client(READER, undefined, resumed(1))]),
		],
		[
			resumedExactlyTheRest,
			"never shown to one who resumes",
			"lost",
			() => room([entry(1)], [anna(1), reader(closed)]),
		],
		[
			resumedExactlyTheRest,
			"shown by two connections to one who resumes",
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
			"stored, and sent by nobody",
			"broken",
			() => room([entry(1)], []),
		],
		[
			storedWasSent,
			"stored with another client_message_id than sent",
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
			"stored in another order than sent with ids, over two connections",
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
			"stored in another order than sent on one connection without ids",
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
			"sent with an id, and in the end not stored",
			"lost",
			() => room([], [client(ANNA, undefined, connecting, sent(1))]),
		],
		[
			everyIdIsAnswered,
			"sent with an id, and never answered",
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
			userId: ANNA,
			messageId: `m${seq}`,
		});
		const welcomed = (...seqs: number[]): Step => ({
			kind: "welcomed",
			watermarks: seqs.map((seq) => ({ userId: ANNA, messageId: `m${seq}` })),
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
					final === 0 ? [] : [{ userId: ANNA, messageId: `m${final}` }],
				);
		return [
			[
				watermarksNeverGoBack,
				"a watermark that goes back",
				"reordered",
				told(2, mark(2), mark(1)),
			],
			[
				watermarksNeverGoBack,
				"a watermark told twice",
				"reordered",
				told(2, mark(2), mark(2)),
			],
			[
				watermarksNeverGoBack,
				"a watermark told twice after a welcome with it",
				"reordered",
				told(2, welcomed(2), mark(2), mark(2)),
			],
			[
				watermarksNeverGoBack,
				"a watermark older than its connection was welcomed with",
				"reordered",
				told(2, welcomed(2), mark(1)),
			],
			[
				watermarksNeverGoBack,
				"a welcome with an older watermark than was told before",
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
				"a welcome without a watermark that was told before",
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
				"a watermark that is gone in the end",
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
				"a watermark on what is not stored",
				"lost",
				told(3, mark(4)),
			],
		];
	}
});

describe("an answer within a time", () => {
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
			"is late, the acknowledgement too",
			[from(10, sent(1)), from(70, acknowledged(1))],
		],
		["never comes", [from(10, sent(1))]],
	])("is missed where it %s", (_, steps) => {
		expect(kinds(answeredWithin(record(...steps), 50, span, 999))).toEqual([
			"broken",
		]);
	});
});
