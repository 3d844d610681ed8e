/** Fills a server through its API before the measurement. */
import { randomUUID } from "node:crypto";
import { textFrame } from "../load/frames.ts";
import { loops, RestConnection, requestText } from "../load/rest.ts";
import { RawSocket } from "../load/socket.ts";
import { Tally } from "../load/tally.ts";
import type { Target } from "./kind.ts";

/** Maximum number of ids that the server accepts in one request. */
export const IDS_PER_REQUEST = 1000;

/** Creates a conversation that the target's user owns. @throws {Error} unless the server creates it. */
export async function createRoom(
	target: Target,
	participantIds: readonly string[] = [],
): Promise<string> {
	const conversationId = randomUUID();
	const { status, body } = await once(target, "POST", "/v1/conversations", {
		conversation_id: conversationId,
		participant_ids: participantIds,
	});
	if (status !== 201) throw new Error(`create: ${status} ${body}`);
	return conversationId;
}

/** Creates many conversations at once; notes how many when the server refuses some. Returns the requested ids. */
export async function createRooms(
	target: Target,
	howMany: number,
	body: object,
): Promise<string[]> {
	const ids = Array.from({ length: howMany }, () => randomUUID() as string);
	const made = await repeat(target, howMany, (i) =>
		requestText(
			{
				method: "POST",
				path: "/v1/conversations",
				body: JSON.stringify({ ...body, conversation_id: ids[i] }),
			},
			target.token,
		),
	);
	if (made < howMany)
		target.note(`the server allowed ${made} of ${howMany} rooms`);
	return ids;
}

/** Adds new users to a conversation; returns those added, fewer than asked for when the server refuses. */
export async function addParticipants(
	target: Target,
	conversationId: string,
	howMany: number,
): Promise<string[]> {
	const added: string[] = [];
	while (added.length < howMany) {
		const ids = Array.from(
			{ length: Math.min(IDS_PER_REQUEST, howMany - added.length) },
			() => randomUUID() as string,
		);
		const { status, body } = await once(
			target,
			"POST",
			`/v1/conversations/${conversationId}/participants`,
			{ participant_ids: ids },
		);
		if (status >= 300) {
			target.note(
				`the server allowed ${added.length} of ${howMany} participants: ${status} ${body.slice(0, 100)}`,
			);
			break;
		}
		added.push(...ids);
	}
	return added;
}

/** Sends a message over REST; returns its id. */
export async function sendMessage(
	target: Target,
	conversationId: string,
	content: string,
): Promise<string> {
	const { status, body } = await once(
		target,
		"POST",
		`/v1/conversations/${conversationId}/messages`,
		{ content },
	);
	if (status !== 201) throw new Error(`send: ${status} ${body.slice(0, 100)}`);
	// The body of a long message is cut, so it is not valid JSON.
	return /"message_id":"([0-9a-f-]{36})"/.exec(body)?.[1] ?? "";
}

/** Sends a message to each of many conversations over REST, several at a time. */
export async function sendToEach(
	target: Target,
	conversationIds: readonly string[],
	content: string,
): Promise<void> {
	const body = JSON.stringify({ content });
	await repeat(target, conversationIds.length, (i) =>
		requestText(
			{
				method: "POST",
				path: `/v1/conversations/${conversationIds[i]}/messages`,
				body,
			},
			target.token,
		),
	);
}

/** Sends short messages over a WebSocket, and waits until all have come back. */
export async function sendMany(
	target: Target,
	conversationId: string,
	howMany: number,
): Promise<void> {
	const { port, token } = target;
	const socket = new RawSocket({ port, token, conversationId }, new Tally());
	let left = howMany;
	const back = new Promise<void>((resolve) => {
		socket.onText = (text) => {
			if (text.startsWith('{"type":"chat"') && --left === 0) resolve();
		};
	});
	await socket.opened;
	const batch = 100;
	const frames = Buffer.concat(
		Array.from({ length: batch }, () =>
			textFrame(JSON.stringify({ type: "chat", content: "x".repeat(60) })),
		),
	);
	for (let sent = 0; sent < howMany; sent += batch) await socket.write(frames);
	await Promise.race([back, socket.ended]);
	socket.socket.destroy();
	if (left > 0)
		target.note(
			`the server took ${howMany - left} of ${howMany} messages before it ended the connection`,
		);
}

/** Sends a request the given number of times over some connections. Returns the number of good answers. */
async function repeat(
	{ port }: Target,
	howMany: number,
	next: (i: number) => string,
): Promise<number> {
	let sent = 0;
	let good = 0;
	await loops(
		8,
		port,
		new Tally(),
		() => (sent < howMany ? next(sent++) : undefined),
		({ status }) => {
			if (status < 300) good++;
		},
	);
	return good;
}

async function once(
	{ port, token }: Target,
	method: "POST",
	path: string,
	body: object,
): Promise<{ status: number; body: string }> {
	const connection = new RestConnection(port);
	try {
		return await connection.send(
			requestText({ method, path, body: JSON.stringify(body) }, token),
		);
	} finally {
		connection.socket.destroy();
	}
}
