/** Invented journals for the tests of the oracle. */
import type { Event, Happening, Shown } from "../../load/journal.ts";
import type { ClientRecord, Finding, RoomRecord } from "../../oracle/record.ts";

export const ANNA = "anna";
export const READER = "reader";

export function entry(seq: number, some: Partial<Shown> = {}): Shown {
	return {
		type: "chat",
		seq,
		message_id: `m${seq}`,
		sender_id: ANNA,
		content: `c${seq}`,
		timestamp: `t${seq}`,
		client_message_id: `i${seq}`,
		...some,
	};
}

/** Message without a client_message_id. */
export function withoutId(seq: number, some: Partial<Shown> = {}): Shown {
	const { client_message_id: _, ...rest } = entry(seq, some);
	return rest;
}

export type Step = Happening & {
	readonly connection?: number;
	readonly at?: number;
};

/** Numbers steps in order of occurrence: in turn, or at the number that a step has. */
let n = 0;
export function client(
	userId: string,
	resumes: ClientRecord["resumes"],
	...steps: readonly Step[]
): ClientRecord {
	const events = steps.map(
		(step): Event => ({ connection: 0, at: n, ...step, n: n++ }),
	);
	return { name: userId, userId, resumes, events };
}

export const connecting: Step = { kind: "connecting", cursor: "none" };
export const closed: Step = { kind: "closed", code: 1006 };
export const delivered = (seq: number, some?: Partial<Shown>): Step => ({
	kind: "delivered",
	entry: entry(seq, some),
});
export const sent = (seq: number): Step => ({
	kind: "sent",
	content: `c${seq}`,
	id: `i${seq}`,
});
export const acknowledged = (seq: number, some: object = {}): Step => ({
	kind: "acknowledged",
	content: `c${seq}`,
	messageId: `m${seq}`,
	seq,
	...some,
});
export const resumed = (after: number): Step => ({
	kind: "connecting",
	cursor: after === 0 ? { afterSeq: 0 } : { after: `m${after}` },
	connection: 1,
});
export const on1 = (step: Step): Step => ({ ...step, connection: 1 });

export const anna = (...seqs: number[]): ClientRecord =>
	client(
		ANNA,
		undefined,
		connecting,
		...seqs.flatMap((it) => [sent(it), acknowledged(it)]),
	);

export function room(
	stored: readonly Shown[],
	clients: readonly ClientRecord[],
	watermarks: RoomRecord["watermarks"] = [],
	starts: readonly number[] = [],
): RoomRecord {
	return { conversationId: "room", clients, stored, watermarks, starts };
}

export function kinds(findings: readonly Finding[]): string[] {
	return [...new Set(findings.map(({ kind }) => kind))].sort();
}

export const three = [entry(1), entry(2), entry(3)];
