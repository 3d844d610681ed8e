// Generated from the schemas of the protocol: npm run docs.
import { FRAME_SHAPES } from "./frame-shapes.ts";

/** Frames of a conversation with a timeline. */
export const ALL_SHAPES = {
	...FRAME_SHAPES,
	chat: {"conversation_id":"uuid","sender_id":"uuid","message_id":"uuid","content":"string","is_encrypted":"boolean","message_type":"string","metadata":"object","reply_to?":"uuid","thread_id?":"uuid","mentions?":{"user_ids?":["uuid"],"all?":"boolean"},"version?":"integer","edited_at?":"string","deleted?":"boolean","timestamp":"string","seq":"integer","client_message_id?":"uuid"},
	edit: {"conversation_id":"uuid","sender_id":"uuid","message_id":"uuid","target_id":"uuid","content":"string","is_encrypted":"boolean","message_type":"string","metadata":"object","reply_to?":"uuid","thread_id?":"uuid","mentions?":{"user_ids?":["uuid"],"all?":"boolean"},"version?":"integer","edited_at?":"string","deleted?":"boolean","timestamp":"string","seq":"integer","client_message_id?":"uuid"},
	delete: {"conversation_id":"uuid","sender_id":"uuid","message_id":"uuid","target_id":"uuid","reason?":"string","timestamp":"string","seq":"integer","client_message_id?":"uuid"},
	reaction: {"conversation_id":"uuid","sender_id":"uuid","message_id":"uuid","target_id":"uuid","reaction":"string","on":"boolean","timestamp":"string","seq":"integer","client_message_id?":"uuid"},
	pin: {"conversation_id":"uuid","sender_id":"uuid","message_id":"uuid","target_id":"uuid","on":"boolean","timestamp":"string","seq":"integer","client_message_id?":"uuid"},
} as const;
