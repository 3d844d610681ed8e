// Generated from the schemas of the protocol: npm run docs.
import { FRAME_SHAPES } from "./frame-shapes.ts";

/** Fields of every entry. */
const ENTRY = { "conversation_id":"uuid","sender_id":"uuid","message_id":"uuid","timestamp":"string","seq":"integer" } as const;
const MESSAGE = { ...FRAME_SHAPES.chat, "reply_to?":"uuid","thread_id?":"uuid","mentions?":{"user_ids?":["uuid"],"all?":"boolean"},"version?":"integer","edited_at?":"string","deleted?":"boolean" } as const;

/** Frames of a conversation with a timeline. */
export const ALL_SHAPES = {
	...FRAME_SHAPES,
	chat: MESSAGE,
	edit: { ...MESSAGE, "target_id":"uuid" },
	delete: { ...ENTRY, "target_id":"uuid","reason?":"string","client_message_id?":"uuid" },
	reaction: { ...ENTRY, "target_id":"uuid","reaction":"string","on":"boolean","client_message_id?":"uuid" },
	pin: { ...ENTRY, "target_id":"uuid","on":"boolean","client_message_id?":"uuid" },
	participant_added: { ...ENTRY, "user_ids":["uuid"] },
	role_changed: { ...ENTRY, "user_id":"uuid","role":"string" },
	conversation_changed: { ...ENTRY, "metadata?":"object","closed?":"boolean" },
} as const;
