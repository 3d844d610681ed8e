/** Shows conversations as answers, for the user who asks. */
import {
	type Entry,
	encodeEntry,
	rfc3339,
	toWire,
} from "@secureconnect/protocol";
import type { Identity } from "../chat/authorise.ts";
import { notParticipant } from "../http-refusal.ts";
import type {
	Conversation,
	ConversationSummary,
	MessageLog,
	OwnSettings,
} from "../log/contract.ts";

/** @throws {HttpRefusal} if the conversation does not exist */
export async function conversationView(
	{ log }: { readonly log: MessageLog },
	conversationId: string,
	{ userId }: Identity,
): Promise<unknown> {
	const found = await log.conversation(conversationId);
	if (!found) throw notParticipant();
	const own = await log.summary(conversationId, userId);
	const {
		createdAt,
		updatedAt: _,
		metadata,
		participants,
		directUserIds,
		...rest
	} = found;
	return toWire({
		...rest,
		...kindOf(found, userId),
		...(own && {
			...settingsView(own),
			// The log may have grown since the first read. The counts must be as of the same head.
			headSeq: own.headSeq,
			role: own.role,
			readSeq: own.readSeq,
			unread: own.unread,
			mentions: own.mentions,
		}),
		epoch: log.epoch,
		metadata: JSON.parse(metadata) as unknown,
		createdAt: rfc3339(createdAt),
		participants: participants.map(({ name, joinedAt, ...participant }) => ({
			...participant,
			...(name === null ? {} : { name }),
			joinedAt: rfc3339(joinedAt),
		})),
	});
}

/** Encodes a summary as text, so that the last message is not parsed only to be encoded again. */
export function encodeSummary(
	summary: ConversationSummary,
	userId: string,
): string {
	const {
		lastMessage,
		metadata,
		updatedAt,
		createdBy: _,
		createdAt: __,
		directUserIds: ___,
		...rest
	} = summary;
	const fields = JSON.stringify(
		toWire({
			...rest,
			...settingsView(summary),
			...kindOf(summary, userId),
			updatedAt: rfc3339(updatedAt),
		}),
	);
	return `${fields.slice(0, -1)},"metadata":${metadata},"last_message":${lastMessage ? encodeEntry(lastMessage as Entry) : null}}`;
}

export function settingsView({
	mutedUntil,
	archived,
	favourite,
	markedUnread,
}: OwnSettings): Record<string, unknown> {
	return {
		mutedUntil: mutedUntil === null ? null : rfc3339(mutedUntil),
		archived,
		favourite,
		markedUnread,
	};
}

/** Returns the kind of a conversation and, for a participant of a direct conversation, the other user. */
function kindOf(
	{ directUserIds }: Conversation,
	userId: string,
): { kind: "direct" | "group"; directUser?: string } {
	if (!directUserIds) return { kind: "group" };
	const other = directUserIds.find((id) => id !== userId);
	return directUserIds.includes(userId) && other !== undefined
		? { kind: "direct", directUser: other }
		: { kind: "direct" };
}
