// Generated from the schemas of the protocol: npm run docs.

/** A row of the list. A frame with an invalid row is valid without it. */
export const ROW_SHAPE = {"conversation_id":"uuid","role":"string","read_seq":"integer","unread":"integer","mentions?":"integer","closed?":"boolean","kind?":"string","direct_user?":"uuid","archived?":"boolean","favourite?":"boolean","marked_unread?":"boolean","head_seq":"integer","updated_at":"string"} as const;

/** Frames that only the inbox has. */
export const INBOX_SHAPES = {
	inbox: {"user_id":"uuid","epoch?":"uuid","conversations":["object"],"more":"boolean","total_unread":"integer","total_mentions":"integer","limits":{"max_message_bytes":"integer","max_subscriptions":"integer"},"intervals":{"ping_ms":"integer"},"expires_at":"string","timestamp":"string"},
	subscribed: {"conversation_id":"uuid","epoch?":"uuid","head_seq":"integer","recovered":"boolean","present":[{"user_id":"uuid","name?":"string"}],"present_count":"integer","read":[{"user_id":"uuid","message_id":"uuid","seq":"integer"}],"timestamp":"string"},
	unsubscribed: {"conversation_id":"uuid","reason?":"string","timestamp":"string"},
	inbox_changed: {"conversations":["object"],"total_unread":"integer","total_mentions":"integer","timestamp":"string"},
	conversation_added: {"conversation":"object","total_unread":"integer","total_mentions":"integer","timestamp":"string"},
	conversation_removed: {"conversation_id":"uuid","reason":"string","total_unread":"integer","total_mentions":"integer","timestamp":"string"},
} as const;
