import { randomUUID } from "node:crypto";
import { ENTRY_TYPES, isAmendment, SUBPROTOCOL } from "@secureconnect/protocol";
import type { RateLimit } from "./rate-limit.ts";
import type { TestClient } from "./test-client.ts";
import { TokenSourceError } from "./tokens.ts";
import { bearer, offering, type Target, type Traits, Trial } from "./trial.ts";
import { Failed } from "./verdict.ts";

/** Error for a server that cannot be checked at all. The message says how to fix it. */
export class Unreachable extends Error {
	override readonly name = "Unreachable";
}

const NOTHING_KNOWN: Traits = {
	rest: false,
	membersOnly: false,
	ownJoined: false,
	seq: false,
	v1: false,
	amendments: false,
	inbox: false,
};
const OWN_JOINED_MS = 1500;

/**
 * Detects the features of a server that the checks need for their setup.
 * @throws {Unreachable}
 */
export async function probe(
	target: Target,
	rateLimit: RateLimit,
): Promise<Traits> {
	const trial = new Trial(target, NOTHING_KNOWN, rateLimit);
	try {
		return await look(trial);
	} catch (error) {
		if (!(error instanceof Failed)) throw error;
		throw new Unreachable(
			`${target.url.href} cannot be checked: expected ${error.expected}, saw ${error.seen}`,
		);
	} finally {
		trial.end();
	}
}

async function look(trial: Trial): Promise<Traits> {
	const [alice, bob, stranger] = [
		await trial.user(),
		await trial.user(),
		await trial.user(),
	];
	if (new Set([alice, bob, stranger].map(({ userId }) => userId)).size < 3)
		throw new TokenSourceError(
			"the token command printed one user's token for different CONFORM_USERs, but the checks need several users",
		);
	const room = randomUUID();
	const made = await orNone(
		trial.rest("POST", "/conversations", alice, {
			conversation_id: room,
			participant_ids: [bob.userId],
		}),
	);
	const a = await trial.open(alice, room);
	const ownJoined = await orNone(
		a.find(
			"the connection's own user_joined",
			({ type, sender_id }) =>
				type === "user_joined" && sender_id === alice.userId,
			0,
			OWN_JOINED_MS,
		),
	);
	const selecting = await orNone(
		trial.handshake({ conversation_id: room }, offering(bob.token)),
	);
	const forAll = await orNone(trial.inboxHandshake(offering(bob.token)));
	const outsider = await orNone(
		trial.handshake({ conversation_id: room }, bearer(stranger.token)),
	);
	// New connections, because a server with a short heartbeat may have cut the first ones by now.
	const speaker = await trial.open(alice, room);
	const listener = await trial.open(bob, room);
	const content = "a conformance suite says hello";
	await speaker.send({ type: "chat", content });
	const copies = await Promise.all(
		[speaker, listener].map((peer) =>
			orNone(
				peer.find(
					"the message",
					(frame) => frame.type === "chat" && frame.content === content,
				),
			),
		),
	);
	const seq = copies.some((copy) => typeof copy?.seq === "number");
	return {
		rest: made?.status === 201,
		membersOnly: outsider?.status !== 101,
		ownJoined: ownJoined !== undefined,
		seq,
		v1: selecting?.headers["sec-websocket-protocol"] === SUBPROTOCOL,
		amendments: seq && (await knowsAmendments(speaker)),
		inbox: forAll?.status === 101,
	};
}

/** Tells whether a server knows a frame that changes a message. A server that gives no answer should know it. */
async function knowsAmendments(speaker: TestClient): Promise<boolean> {
	const type = Object.keys(ENTRY_TYPES).find(isAmendment);
	await speaker.send({ type, target_id: randomUUID() });
	const answer = await orNone(
		speaker.find(
			"an answer to an amendment",
			({ type }) => type === "error",
			0,
			OWN_JOINED_MS,
		),
	);
	return answer?.code !== "unknown_type";
}

/**
 * Resolves with undefined if the server fails an optional request. The server then lacks the feature; only a connection
 * is mandatory.
 */
function orNone<T>(asked: Promise<T>): Promise<T | undefined> {
	return asked.catch((error: unknown) => {
		if (error instanceof Failed) return undefined;
		throw error;
	});
}
