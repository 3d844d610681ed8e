/** The REST API of a small server: changes of conversations, roles, own settings, direct conversations and blocks. */
import { Rest } from "@secureconnect/protocol";
import { Compile } from "typebox/compile";
import { type Identity, Refused } from "./small-door.ts";
import { type Answer, type Request, shown } from "./small-rest.ts";
import type { SmallServer } from "./small-server.ts";

const isChange = Compile(Rest.changeConversation);
const isRole = Compile(Rest.changeParticipant);
const isSettings = Compile(Rest.changeOwnSettings);

/** Answers a request of an owner. @param user the participant in the path, if there is one */
export function changesAnswer(
	route: string,
	user: string | undefined,
	{ server, conversation, identity, body }: Request,
): Answer {
	const { changes } = server;
	changes.checkOwner(conversation, identity);
	const record = (type: string, fields: Record<string, unknown>): void =>
		server.record(conversation, identity.userId, type, fields);
	switch (route) {
		case "PATCH ": {
			if (!isChange.Check(body)) throw new Refused(400, "invalid body");
			const fields = changes.change(conversation, body);
			if (Object.keys(fields).length > 0)
				record("conversation_changed", fields);
			break;
		}
		case "PATCH participants": {
			if (!isRole.Check(body)) throw new Refused(400, "invalid body");
			changes.checkGroup(conversation);
			const userId = String(user).toLowerCase();
			if (changes.assign(conversation, userId, body.role))
				record("role_changed", { user_id: userId, role: body.role });
			break;
		}
		case "DELETE ":
			changes.forget(conversation);
			server.deleteConversation(conversation);
			return { status: 204 };
		default:
			throw new Refused(404, "not found");
	}
	return { status: 200, body: shown(server, conversation, identity) };
}

/** Stores a user's own settings. */
export function configure({
	server,
	conversation,
	identity,
	body,
}: Request): Answer {
	if (!isSettings.Check(body)) throw new Refused(400, "invalid body");
	return {
		status: 200,
		body: server.changes.configure(conversation, identity.userId, body),
	};
}

/** Finds or creates the direct conversation with a user. */
export function direct(
	server: SmallServer,
	identity: Identity,
	otherId: string,
): Answer {
	if (otherId === identity.userId) throw new Refused(400, "invalid body");
	const { conversation, created } = server.changes.direct(
		identity.userId,
		otherId,
	);
	server.conversations.set(conversation.id, conversation);
	return {
		status: created ? 201 : 200,
		body: shown(server, conversation, identity),
	};
}

/** Starts or ends a block. */
export function block(
	{ changes: { blocks } }: SmallServer,
	{ userId }: Identity,
	method: string,
	blockedId: string,
): Answer {
	const blocked = blocks.get(userId) ?? new Set();
	blocks.set(userId, blocked);
	if (method === "PUT") blocked.add(blockedId);
	else if (method === "DELETE") blocked.delete(blockedId);
	else throw new Refused(404, "not found");
	return { status: 204 };
}
