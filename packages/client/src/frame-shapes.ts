// Generated from the schemas of the protocol: npm run docs.

/** Field names with their types. A name with `?` is optional. A list has the shape of its items. */
export type Shape = string | readonly [Shape] | { readonly [field: string]: Shape };

export const FRAME_SHAPES = {
	chat: {"conversation_id":"uuid","sender_id":"uuid","message_id":"uuid","content":"string","is_encrypted":"boolean","message_type":"string","metadata":"object","timestamp":"string","seq":"integer","client_message_id?":"uuid"},
	participant_removed: {"conversation_id":"uuid","sender_id":"uuid","message_id":"uuid","user_id":"uuid","timestamp":"string","seq":"integer"},
	typing: {"conversation_id":"uuid","sender_id":"uuid","timestamp":"string"},
	read: {"conversation_id":"uuid","sender_id":"uuid","message_id":"uuid","timestamp":"string"},
	user_joined: {"conversation_id":"uuid","sender_id":"uuid","name?":"string","timestamp":"string"},
	user_left: {"conversation_id":"uuid","sender_id":"uuid","timestamp":"string"},
	ack: {"client_message_id?":"uuid","message_id":"uuid","seq":"integer","timestamp":"string"},
	error: {"code":"string","message":"string","timestamp":"string","client_message_id?":"uuid","retry_ms?":"integer"},
	welcome: {"conversation_id":"uuid","user_id":"uuid","epoch?":"uuid","head_seq":"integer","recovered":"boolean","present":[{"user_id":"uuid","name?":"string"}],"present_count":"integer","read":[{"user_id":"uuid","message_id":"uuid","seq":"integer"}],"limits":{"max_message_bytes":"integer"},"intervals":{"ping_ms":"integer"},"expires_at":"string","timestamp":"string"},
	auth_ok: {"expires_at":"string","timestamp":"string"},
} as const satisfies Record<string, { readonly [field: string]: Shape }>;
