/** Changes the stored bodies of entries, as amendments require. A body is a JSON object as text, in wire form. */
import type { Mentions } from "./entry.ts";
import type { Role } from "./roles.ts";

type Fields = Record<string, unknown>;

/** Returns a message's body with the content of an edit. Fields that the edit leaves out stay as they are. */
export function withContent(
	message: string,
	edit: string,
	version: number,
	editedAt: number,
): string {
	const { target_id: _, ...content } = JSON.parse(edit) as Fields;
	return JSON.stringify({
		...(JSON.parse(message) as Fields),
		...content,
		version,
		edited_at: new Date(editedAt).toISOString(),
	});
}

/** Returns a message's body without its content. The references to other messages stay. */
export function withoutContent(message: string): string {
	const { reply_to, thread_id } = JSON.parse(message) as Fields;
	return JSON.stringify({
		content: "",
		is_encrypted: false,
		message_type: "text",
		metadata: {},
		reply_to,
		thread_id,
		deleted: true,
	});
}

/** Returns an amendment's body with one text field emptied. */
export function withEmptyField(body: string, field: string): string {
	return JSON.stringify({ ...(JSON.parse(body) as Fields), [field]: "" });
}

/** Returns the body of an amendment that stores nothing but its target. */
export function targetOnly(targetId: string): string {
	return `{"target_id":"${targetId}"}`;
}

/** Joins the body of an amendment and its target's newest body. */
export function withTargetBody(amendment: string, message: string): string {
	return `${amendment.slice(0, -1)},${message.slice(1)}`;
}

/** Returns the users whom a message mentions. */
export function mentionsIn(body: string): Mentions {
	// Most messages mention no user, and parsing takes longer than this search.
	if (!body.includes('"mentions"')) return NOBODY;
	const { mentions } = JSON.parse(body) as {
		mentions?: { user_ids?: string[]; all?: boolean };
	};
	return { userIds: mentions?.user_ids ?? [], all: mentions?.all ?? false };
}

const NOBODY: Mentions = { userIds: [], all: false };

/** Encodes the JSON that the log stores for a removal. */
export function encodeRemovalBody(userId: string): string {
	return `{"user_id":"${userId}"}`;
}

/** Encodes the JSON that the log stores for an addition. */
export function encodeAdditionBody(userIds: readonly string[]): string {
	return JSON.stringify({ user_ids: userIds });
}

/** Encodes the JSON that the log stores for a change of a role. */
export function encodeRoleBody(userId: string, role: Role): string {
	return JSON.stringify({ user_id: userId, role });
}

/**
 * Encodes the JSON that the log stores for a change of a conversation.
 * @param metadata JSON object as text
 */
export function encodeChangeBody({
	title,
	metadata,
	closed,
}: {
	readonly title?: string | null;
	readonly metadata?: string;
	readonly closed?: boolean;
}): string {
	return JSON.stringify({
		title,
		metadata:
			metadata === undefined ? undefined : (JSON.parse(metadata) as Fields),
		closed,
	});
}
