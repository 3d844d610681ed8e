/** Commands of the checks, and their answers. */
import { randomUUID } from "node:crypto";
import type { Frame, TestClient } from "../test-client.ts";
import { expectSame } from "../verdict.ts";

/** Sends a command. Resolves with its answer: the sender's own copy, an `ack` or an `error`. */
export async function command(peer: TestClient, frame: Frame): Promise<Frame> {
	const { client_message_id = randomUUID() } = frame;
	const from = peer.mark;
	await peer.send({ ...frame, client_message_id });
	return peer.find(
		`an answer to ${frame.type} with its client_message_id`,
		(answer) => answer.client_message_id === client_message_id,
		from,
	);
}

/** Sends a command that makes an entry. Resolves with the sender's own copy. @throws {Failed} */
export async function stored(peer: TestClient, frame: Frame): Promise<Frame> {
	const answer = await command(peer, frame);
	expectSame(answer.type, frame.type, `type of the answer to ${frame.type}`);
	return answer;
}

/** Sends a command that the server must refuse. @throws {Failed} */
export async function expectCode(
	peer: TestClient,
	frame: Frame,
	code: string,
	what: string,
): Promise<void> {
	const answer = await command(peer, frame);
	expectSame(
		[answer.type, answer.code],
		["error", code],
		`answer to ${frame.type} ${what}`,
	);
}

/** Returns one amendment of each type. */
export function amendmentsOf(target_id: unknown): Frame[] {
	return [
		{ type: "edit", target_id, content: "amended" },
		{ type: "reaction", target_id, reaction: "x", on: true },
		{ type: "pin", target_id, on: true },
		{ type: "delete", target_id },
	];
}

/** Returns the place of an entry, which an `ack` repeats. */
export function placeOf({ message_id, seq, timestamp }: Frame): Frame {
	return { message_id, seq, timestamp };
}

export function ids(entries: readonly Frame[]): unknown[] {
	return entries.map(({ message_id }) => message_id);
}
