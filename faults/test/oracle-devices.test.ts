/**
 * The oracle's checks of delivery cursors, each with a journal that has one fault, and with correct journals.
 */
import { describe, expect, test } from "vitest";
import { audit } from "../oracle/audit.ts";
import { deviceMissedNothing, provenStaysProven } from "../oracle/devices.ts";
import type { ClientRecord, Finding, RoomRecord } from "../oracle/record.ts";
import {
	acknowledged,
	anna,
	client,
	closed,
	delivered,
	entry,
	kinds,
	READER,
	room,
	type Step,
	sent,
	three,
} from "./support/records.ts";

describe("on a device", () => {
	const connectingDevice: Step = { kind: "connecting", cursor: "device" };
	const opened: Step = { kind: "opened" };
	const pinged: Step = { kind: "pinged" };
	const on = (connection: number, ...steps: Step[]): Step[] =>
		[connectingDevice, opened, ...steps].map((it) => ({ ...it, connection }));
	const device = (...steps: Step[]) => client(READER, "device", ...steps);
	const own = { sender_id: READER };
	const before = (seq: number): ClientRecord => anna(seq);
	/** Sends a message after the last pong, and receives it. */
	const say = (seq: number): Step[] => [
		sent(seq),
		delivered(seq, own),
		acknowledged(seq),
	];

	test.each<[string, () => RoomRecord]>([
		[
			"unproven entries come again",
			() => {
				const anna1 = anna(1, 2);
				return room(three, [
					anna1,
					device(
						...on(0, delivered(2), pinged, closed),
						...on(1, delivered(2), delivered(3)),
					),
					anna(3),
				]);
			},
		],
		[
			"entries before the first connection do not come",
			() => room(three, [anna(1, 2, 3), device(...on(0))]),
		],
		[
			"proven entries do not come again",
			() =>
				room(
					[entry(1), entry(2, own), entry(3)],
					[
						anna(1),
						device(
							...on(0, delivered(1), pinged, ...say(2), closed),
							...on(1, delivered(2, own), delivered(3)),
						),
						anna(3),
					],
				),
		],
		[
			"entries proven to an earlier process come again",
			() => {
				const [first, reader, last] = [
					anna(1),
					device(
						...on(0, delivered(1), pinged, ...say(2), closed),
						...on(1, delivered(1), delivered(2, own), delivered(3)),
					),
					anna(3),
				];
				const again = reader.events.find((it) => it.connection === 1);
				return room(
					[entry(1), entry(2, own), entry(3)],
					[first, reader, last],
					[],
					[(again?.at ?? 0) - 0.5],
				);
			},
		],
		[
			"a pong before a message of an earlier connection proves nothing",
			() =>
				room(
					[entry(1), entry(2, own)],
					[
						anna(1),
						device(
							...on(0, delivered(1), sent(2), closed),
							...on(1, delivered(1), pinged, ...say(2), closed),
							...on(2, delivered(1), delivered(2, own)),
						),
					],
				),
		],
	])("%s", (_, record) => {
		expect(audit(record())).toEqual([]);
	});

	test.each<
		[string, (room: RoomRecord) => Finding[], Finding["kind"], () => RoomRecord]
	>([
		[
			"a gap between two connections",
			deviceMissedNothing,
			"lost",
			() =>
				room(three, [
					before(1),
					device(...on(0, delivered(1), closed), ...on(1, delivered(3))),
					anna(2, 3),
				]),
		],
		[
			"a gap between two connections that a third one fills",
			deviceMissedNothing,
			"lost",
			() =>
				room(three, [
					anna(1, 2, 3),
					device(
						...on(0, delivered(1), closed),
						...on(1, delivered(3), closed),
						...on(2, delivered(2), delivered(3)),
					),
				]),
		],
		[
			"no entry that was sent while the connection was open",
			deviceMissedNothing,
			"lost",
			() => {
				const reader = device(...on(0, closed), ...on(1, closed));
				return room(three, [reader, anna(1, 2, 3)]);
			},
		],
		[
			"the first entry sent while the connection was open is missing",
			deviceMissedNothing,
			"lost",
			() => {
				const opens = on(0, closed);
				const reader = device(...opens, ...on(1));
				const chat = anna(1, 2, 3);
				const later = device(...on(1, delivered(2), delivered(3)));
				const events = [...reader.events, ...later.events];
				return room(three, [{ ...reader, events }, chat]);
			},
		],
		[
			"the end is missing",
			deviceMissedNothing,
			"lost",
			() =>
				room(three, [
					anna(1, 2, 3),
					device(...on(0, delivered(1), delivered(2), closed)),
				]),
		],
		[
			"a proven entry comes again",
			provenStaysProven,
			"duplicated",
			() =>
				room(
					[entry(1), entry(2, own)],
					[
						anna(1),
						device(
							...on(0, delivered(1), pinged, ...say(2), closed),
							...on(1, delivered(1), delivered(2, own)),
						),
					],
				),
		],
		[
			"an entry proven to a second process comes again",
			provenStaysProven,
			"duplicated",
			() => {
				const reader = device(
					...on(0, delivered(1), delivered(2), pinged, ...say(3), closed),
					...on(1, delivered(1), pinged, ...say(4), closed),
					...on(2, delivered(1), ...[2, 3, 4].map((it) => delivered(it))),
				);
				const again = reader.events.find((it) => it.connection === 1);
				return room(
					[entry(1), entry(2), entry(3, own), entry(4, own)],
					[anna(1, 2), reader],
					[],
					[(again?.at ?? 0) - 0.5],
				);
			},
		],
	])("%s: found", (_, check, kind, record) => {
		const found = check(record());
		expect(kinds(found)).toEqual([kind]);
		expect(audit(record())).toEqual(expect.arrayContaining(found));
	});
});
