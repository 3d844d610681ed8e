/** The REST API of a small server. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Rest } from "@secureconnect/protocol";
import { Compile } from "typebox/compile";
import { type Identity, Refused, UUID } from "./small-door.ts";
import { checkFrame } from "./small-frames.ts";
import { Conversation, type Fields } from "./small-log.ts";
import type { SmallServer } from "./small-server.ts";

export interface Answer {
	readonly status: number;
	readonly body?: unknown;
}

const isCreation = Compile(Rest.createConversation);
const isAddition = Compile(Rest.addParticipants);

export async function restAnswer(
	server: SmallServer,
	request: IncomingMessage,
): Promise<Answer> {
	server.checkOrigin(request);
	const url = new URL(request.url ?? "/", "http://localhost");
	const [, v1, conversations, id, rest, user] = url.pathname.split("/");
	if (v1 !== "v1" || conversations !== "conversations")
		throw new Refused(404, "not found");
	const [, token] =
		/^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
	const identity = await server.identify(token);
	const epoch = url.searchParams.get("epoch") ?? server.epoch;
	if (epoch !== server.epoch) throw new Refused(412, "epoch changed");
	const body = await bodyOf(request);
	if (id === undefined)
		return request.method === "POST"
			? create(server, identity, body)
			: list(server, identity, url);
	if (!UUID.test(id)) throw new Refused(400, "invalid conversation id");
	const conversation = server.conversations.get(id.toLowerCase());
	switch (`${request.method} ${rest ?? ""}`) {
		case "GET ":
			return {
				status: 200,
				body: shown(server, seen(server, conversation, identity)),
			};
		case "GET messages":
			return page(server, inside(server, conversation, identity), url);
		case "POST messages":
			return send(
				server,
				inside(server, conversation, identity),
				identity,
				body,
			);
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
			return remove(server, conversation, identity, String(user));
		default:
			throw new Refused(404, "not found");
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
	{ userId }: Identity,
	body: unknown,
): Answer {
	if (!isCreation.Check(body)) throw new Refused(400, "invalid body");
	const id = body.conversation_id?.toLowerCase() ?? randomUUID();
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
	return { status: 201, body: shown(server, conversation) };
}

function shown(server: SmallServer, conversation: Conversation): Fields {
	const participants = [...conversation.participants.values()];
	return {
		conversation_id: conversation.id,
		title: conversation.title,
		metadata: conversation.metadata,
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

function list(server: SmallServer, { userId }: Identity, url: URL): Answer {
	const limit = limitOf(url);
	const own = [...server.conversations.values()]
		.filter(({ participants }) => participants.has(userId))
		.sort((a, b) => b.updatedAt - a.updatedAt);
	const from = Number(url.searchParams.get("after") ?? 0);
	return {
		status: 200,
		body: {
			conversations: own.slice(from, from + limit).map((conversation) => {
				const read = conversation.read.get(userId)?.seq ?? 0;
				const messages = conversation.entries.filter(
					({ type }) => type === "chat",
				);
				return {
					conversation_id: conversation.id,
					title: conversation.title,
					metadata: conversation.metadata,
					role: conversation.participants.get(userId)?.role,
					head_seq: conversation.head,
					read_seq: read,
					unread: messages.filter(
						({ seq, sender_id }) => seq > read && sender_id !== userId,
					).length,
					last_message: messages.at(-1) ?? null,
					updated_at: conversation.createdAt,
				};
			}),
			next: own.length > from + limit ? String(from + limit) : null,
			epoch: server.epoch,
		},
	};
}

function page(
	server: SmallServer,
	conversation: Conversation,
	url: URL,
): Answer {
	const limit = limitOf(url);
	const given = ["before", "after", "before_seq", "after_seq"].filter((name) =>
		url.searchParams.has(name),
	);
	if (given.length > 1) throw new Refused(400, "more than one cursor");
	const [name] = given;
	const value = name === undefined ? "" : String(url.searchParams.get(name));
	const seq =
		name === undefined
			? Number.POSITIVE_INFINITY
			: name.endsWith("_seq")
				? Number(value)
				: conversation.find(value)?.seq;
	if (seq === undefined) throw new Refused(404, "unknown cursor");
	const forward = name?.startsWith("after") === true;
	const all = conversation.entries.filter((entry) =>
		forward ? entry.seq > seq : entry.seq < seq,
	);
	const messages = forward ? all.slice(0, limit) : all.slice(-limit);
	const edge = messages.at(forward ? -1 : 0);
	return {
		status: 200,
		body: {
			messages: server.pageOrder(messages),
			next: all.length > messages.length ? edge?.seq : null,
			epoch: server.epoch,
		},
	};
}

function send(
	server: SmallServer,
	conversation: Conversation,
	{ userId }: Identity,
	body: unknown,
): Answer {
	const checked = checkFrame(
		JSON.stringify({ ...(body as Fields), type: "chat" }),
		false,
	);
	if (!checked.ok) throw new Refused(400, checked.code);
	const stored = server.store(conversation, userId, checked.frame);
	if (stored === "conflict")
		throw new Refused(409, "client_message_id conflict");
	return { status: stored.repeated ? 200 : 201, body: stored.entry };
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
		server.of(conversation).map(({ identity }) => identity.userId),
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
	if (!identity.admin && !conversation.isOwner(identity.userId))
		throw new Refused(403, "not an owner");
	if (!isAddition.Check(body)) throw new Refused(400, "invalid body");
	for (const id of body.participant_ids ?? [])
		conversation.add(id.toLowerCase());
	return { status: 200, body: shown(server, conversation) };
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
	if (!conversation.participants.has(user))
		throw new Refused(404, "unknown participant");
	server.removeParticipant(conversation, user, identity.userId);
	return { status: 204 };
}

function limitOf({ searchParams }: URL): number {
	const limit = Number(searchParams.get("limit") ?? 50);
	if (!(limit >= 1 && limit <= 100)) throw new Refused(400, "invalid limit");
	return limit;
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
