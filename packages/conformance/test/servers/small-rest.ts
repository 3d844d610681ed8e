/** The REST API of a small server: conversations and participants. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Rest } from "@secureconnect/protocol";
import { Compile } from "typebox/compile";
import { type Identity, Refused, UUID } from "./small-door.ts";
import { Conversation, type Fields } from "./small-log.ts";
import {
	block,
	changesAnswer,
	configure,
	direct,
} from "./small-rest-changes.ts";
import { limitOf, messagesAnswer } from "./small-rest-messages.ts";
import type { SmallServer } from "./small-server.ts";

export interface Answer {
	readonly status: number;
	readonly body?: unknown;
}

/** A request about a conversation that the user may see. */
export interface Request {
	readonly server: SmallServer;
	readonly conversation: Conversation;
	readonly identity: Identity;
	readonly url: URL;
	readonly body: unknown;
}

const isCreation = Compile(Rest.createConversation);
const isAddition = Compile(Rest.addParticipants);

export async function restAnswer(
	server: SmallServer,
	request: IncomingMessage,
): Promise<Answer> {
	server.checkOrigin(request);
	const url = new URL(request.url ?? "/", "http://localhost");
	const [, v1, resource, id, rest, item, ...more] = url.pathname.split("/");
	if (v1 !== "v1") throw new Refused(404, "not found");
	const [, token] =
		/^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
	const identity = await server.identify(token);
	const epoch = url.searchParams.get("epoch") ?? server.epoch;
	if (epoch !== server.epoch) throw new Refused(412, "epoch changed");
	const body = await bodyOf(request);
	if (resource === "blocks" && id !== undefined)
		return block(server, identity, String(request.method), id.toLowerCase());
	if (resource !== "conversations") throw new Refused(404, "not found");
	if (id === undefined)
		return request.method === "POST"
			? create(server, identity, body)
			: list(server, identity, url);
	if (!UUID.test(id)) throw new Refused(400, "invalid conversation id");
	const conversation = server.conversations.get(id.toLowerCase());
	const what = { server, identity, url, body };
	if (rest === "messages" || rest === "pins") {
		const path = [item, ...more.map(decodeURIComponent)].filter(
			(part) => part !== undefined,
		);
		// Only a deletion by a token with the scope admin needs no participant.
		const found =
			request.method === "DELETE" && path.length === 1
				? seen(server, conversation, identity)
				: inside(server, conversation, identity);
		return messagesAnswer(`${request.method} ${rest}`, path, {
			...what,
			conversation: found,
		});
	}
	switch (`${request.method} ${rest ?? ""}`) {
		case "GET ":
			return {
				status: 200,
				body: shown(server, seen(server, conversation, identity), identity),
			};
		case "GET receipts":
			return {
				status: 200,
				body: {
					receipts: receipts(server, seen(server, conversation, identity)),
				},
			};
		case "GET presence":
			return presence(server, seen(server, conversation, identity));
		case "POST participants":
			return add(server, conversation, identity, body);
		case "DELETE participants":
			return remove(server, conversation, identity, String(item));
		case "PUT me":
			return configure({
				...what,
				conversation: inside(server, conversation, identity),
			});
		default:
			return changesAnswer(`${request.method} ${rest ?? ""}`, item, {
				...what,
				conversation: seen(server, conversation, identity),
			});
	}
}

/** Returns the conversation if it exists and the user is a participant. */
function inside(
	server: SmallServer,
	conversation: Conversation | undefined,
	{ userId }: Identity,
): Conversation {
	if (!conversation?.participants.has(userId))
		throw server.restStranger(conversation);
	return conversation;
}

function seen(
	server: SmallServer,
	conversation: Conversation | undefined,
	identity: Identity,
): Conversation {
	if (conversation && identity.admin) return conversation;
	return inside(server, conversation, identity);
}

function create(
	server: SmallServer,
	identity: Identity,
	body: unknown,
): Answer {
	const { userId } = identity;
	if (!isCreation.Check(body)) throw new Refused(400, "invalid body");
	if (body.direct !== undefined)
		return direct(server, identity, body.direct.toLowerCase());
	const id = body.conversation_id?.toLowerCase() ?? randomUUID();
	if (server.isReserved(id)) throw new Refused(403, "not a participant");
	const taken = server.conversations.get(id);
	if (taken)
		throw taken.participants.has(userId)
			? new Refused(409, "conversation exists")
			: new Refused(403, "not a participant");
	const conversation = new Conversation(
		id,
		userId,
		body.title ?? null,
		body.metadata ?? {},
	);
	for (const participant of body.participant_ids ?? [])
		conversation.add(participant.toLowerCase());
	server.conversations.set(id, conversation);
	return { status: 201, body: shown(server, conversation, identity) };
}

/** Returns a conversation as a user sees it. */
export function shown(
	server: SmallServer,
	conversation: Conversation,
	{ userId }: Identity,
): Fields {
	const participants = [...conversation.participants.values()];
	return {
		conversation_id: conversation.id,
		title: conversation.title,
		metadata: conversation.metadata,
		closed: conversation.closed,
		...server.changes.kind(conversation, userId),
		...server.changes.settings(conversation, userId),
		created_by: conversation.createdBy,
		created_at: conversation.createdAt,
		epoch: server.epoch,
		head_seq: conversation.head,
		participant_count: participants.length,
		participants: participants.map(({ userId, role, joinedAt }) => ({
			user_id: userId,
			role,
			joined_at: joinedAt,
		})),
	};
}

/** Returns a user's conversations, those with the most recent activity first. */
export function conversationsOf(
	server: SmallServer,
	userId: string,
): Conversation[] {
	return [...server.conversations.values()]
		.filter(({ participants }) => participants.has(userId))
		.sort((a, b) => b.updatedAt - a.updatedAt);
}

/** Returns what a user's list shows of a conversation. */
export function listed(
	server: SmallServer,
	conversation: Conversation,
	userId: string,
): Fields {
	const messages = conversation.entries.filter(({ type }) => type === "chat");
	return {
		conversation_id: conversation.id,
		title: conversation.title,
		metadata: conversation.metadata,
		role: conversation.participants.get(userId)?.role,
		head_seq: conversation.head,
		closed: conversation.closed,
		...server.changes.kind(conversation, userId),
		...server.changes.settings(conversation, userId),
		...server.folds.counts(conversation, userId),
		last_message: messages.at(-1) ?? null,
		updated_at: conversation.createdAt,
	};
}

function list(server: SmallServer, { userId }: Identity, url: URL): Answer {
	const limit = limitOf(url);
	const own = conversationsOf(server, userId);
	const from = Number(url.searchParams.get("after") ?? 0);
	return {
		status: 200,
		body: {
			conversations: own
				.slice(from, from + limit)
				.map((conversation) => listed(server, conversation, userId)),
			next: own.length > from + limit ? String(from + limit) : null,
			epoch: server.epoch,
		},
	};
}

function receipts(server: SmallServer, conversation: Conversation): Fields[] {
	const read = new Map(
		server.watermarks(conversation).map(({ user_id, read }) => [user_id, read]),
	);
	return [...conversation.participants.keys()].flatMap((user_id) => {
		const devices = server.devices
			.list(conversation.id, user_id)
			.map(({ deviceId, seq }) => {
				const entry = conversation.entries.find((it) => it.seq === seq);
				return {
					device_id: deviceId,
					updated_at: new Date().toISOString(),
					...(entry && {
						delivered: { message_id: entry.message_id, seq },
					}),
				};
			});
		const [furthest] = devices;
		const watermark = read.get(user_id);
		return watermark || furthest
			? [
					{
						user_id,
						...(watermark && { read: watermark }),
						...(furthest?.delivered && { delivered: furthest.delivered }),
						...(devices.length > 1 && { devices }),
					},
				]
			: [];
	});
}

function presence(server: SmallServer, conversation: Conversation): Answer {
	const ids = new Set(
		server.present(conversation).map(({ identity }) => identity.userId),
	);
	return {
		status: 200,
		body: {
			users: Array.from(ids, (user_id) => ({ user_id })),
			count: ids.size,
		},
	};
}

function add(
	server: SmallServer,
	found: Conversation | undefined,
	identity: Identity,
	body: unknown,
): Answer {
	const conversation = seen(server, found, identity);
	server.changes.checkOwner(conversation, identity);
	if (!isAddition.Check(body)) throw new Refused(400, "invalid body");
	server.changes.checkGroup(conversation);
	const ids = (body.participant_ids ?? []).map((id) => id.toLowerCase());
	server.addParticipants(
		conversation,
		identity.userId,
		ids.filter((id) => conversation.add(id)),
	);
	return { status: 200, body: shown(server, conversation, identity) };
}

function remove(
	server: SmallServer,
	found: Conversation | undefined,
	identity: Identity,
	user: string,
): Answer {
	const conversation = seen(server, found, identity);
	const mayRemove =
		identity.admin ||
		conversation.isOwner(identity.userId) ||
		identity.userId === user;
	if (!mayRemove) throw new Refused(403, "not an owner");
	server.changes.checkGroup(conversation);
	if (!conversation.participants.has(user))
		throw new Refused(404, "unknown participant");
	server.removeParticipant(conversation, user, identity.userId);
	return { status: 204 };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
	let text = "";
	for await (const chunk of request) text += String(chunk);
	if (text === "") return undefined;
	try {
		return JSON.parse(text) as unknown;
	} catch {
		throw new Refused(400, "the body is not JSON");
	}
}
