/**
 * Statement batches that migrate a database from version i to i + 1. A released batch never changes. New batches go to
 * the end.
 */
export const MIGRATIONS: readonly string[] = [
	`
	CREATE TABLE conversations (
		key INTEGER PRIMARY KEY,
		id TEXT NOT NULL UNIQUE,
		title TEXT,
		metadata TEXT NOT NULL,
		created_by TEXT NOT NULL,
		created_at INTEGER NOT NULL,
		updated_at INTEGER NOT NULL,
		head_seq INTEGER NOT NULL,
		last_chat_seq INTEGER NOT NULL
	) STRICT;

	CREATE TABLE participants (
		conversation_key INTEGER NOT NULL REFERENCES conversations (key),
		user_id TEXT NOT NULL,
		role TEXT NOT NULL CHECK (role IN ('owner', 'member')),
		state TEXT NOT NULL CHECK (state IN ('active', 'left', 'removed')),
		joined_at INTEGER NOT NULL,
		read_seq INTEGER NOT NULL DEFAULT 0,
		PRIMARY KEY (conversation_key, user_id)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX participants_by_user ON participants (user_id) WHERE state = 'active';
	CREATE INDEX participants_by_read_seq ON participants (conversation_key, read_seq)
		WHERE state = 'active' AND read_seq > 0;

	CREATE TABLE users (id TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT, WITHOUT ROWID;

	CREATE TABLE entries (
		key INTEGER PRIMARY KEY,
		conversation_key INTEGER NOT NULL REFERENCES conversations (key),
		seq INTEGER NOT NULL,
		type TEXT NOT NULL,
		message_id TEXT NOT NULL UNIQUE,
		sender_id TEXT NOT NULL,
		timestamp INTEGER NOT NULL,
		client_message_id TEXT,
		body TEXT NOT NULL,
		UNIQUE (conversation_key, seq)
	) STRICT;
	CREATE UNIQUE INDEX entries_by_client_message_id
		ON entries (conversation_key, sender_id, client_message_id) WHERE client_message_id IS NOT NULL;
	`,
	`
	CREATE TABLE device_cursors (
		conversation_key INTEGER NOT NULL REFERENCES conversations (key),
		user_id TEXT NOT NULL,
		device_id TEXT NOT NULL,
		seq INTEGER NOT NULL,
		updated_at INTEGER NOT NULL,
		PRIMARY KEY (conversation_key, user_id, device_id)
	) STRICT, WITHOUT ROWID;
	`,
	// The position at which a device resumes is not always an entry whose receipt it has proved. Old rows do not
	// distinguish the two, so they keep their values.
	`
	ALTER TABLE device_cursors ADD COLUMN proved_seq INTEGER NOT NULL DEFAULT 0;
	UPDATE device_cursors SET proved_seq = seq;
	`,
	// Sorting a list reads a conversation's row for each of its rows, and each message writes it. This batch therefore
	// moves the columns that never change out of the row. It runs in one transaction over conversations, participants and
	// cursors, not over entries. An interrupted start leaves the directory unchanged, and the next start begins again.
	`
	CREATE TABLE store (
		singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
		epoch TEXT NOT NULL
	) STRICT;
	INSERT INTO store VALUES (1, lower(
		hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' ||
		substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))));

	CREATE TABLE conversation_details (
		conversation_key INTEGER PRIMARY KEY REFERENCES conversations (key),
		created_after INTEGER NOT NULL,
		created_at INTEGER NOT NULL,
		created_by TEXT NOT NULL,
		title TEXT,
		metadata TEXT NOT NULL
	) STRICT;
	INSERT INTO conversation_details SELECT key, 0, created_at, created_by, title, metadata FROM conversations;

	CREATE TABLE narrow_conversations (
		key INTEGER PRIMARY KEY,
		id TEXT NOT NULL UNIQUE,
		head_seq INTEGER NOT NULL,
		last_chat_seq INTEGER NOT NULL,
		updated_at INTEGER NOT NULL,
		activity INTEGER NOT NULL,
		participant_count INTEGER NOT NULL,
		owner_count INTEGER NOT NULL
	) STRICT;
	INSERT INTO narrow_conversations
		SELECT c.key, c.id, c.head_seq, c.last_chat_seq, coalesce(e.timestamp, c.created_at), coalesce(e.key, 0),
			(SELECT count(*) FROM participants p WHERE p.conversation_key = c.key AND p.state = 'active'),
			(SELECT count(*) FROM participants p WHERE p.conversation_key = c.key AND p.state = 'active' AND p.role = 'owner')
		FROM conversations c LEFT JOIN entries e ON e.conversation_key = c.key AND e.seq = c.head_seq;
	-- Nothing tells after which entry a conversation without entries was made: the clock has to.
	UPDATE narrow_conversations AS c SET activity = earlier.activity
		FROM (SELECT key, max(activity) OVER (ORDER BY updated_at, key) AS activity FROM narrow_conversations) AS earlier
		WHERE earlier.key = c.key AND c.head_seq = 0;
	UPDATE conversation_details SET created_after = c.activity FROM narrow_conversations AS c
		WHERE c.key = conversation_key AND c.head_seq = 0;
	DROP TABLE conversations;
	ALTER TABLE narrow_conversations RENAME TO conversations;

	ALTER TABLE participants ADD COLUMN added_by TEXT;
	CREATE INDEX participants_by_joined_at ON participants (conversation_key, joined_at, user_id)
		WHERE state = 'active';
	CREATE INDEX device_cursors_by_proved_seq
		ON device_cursors (conversation_key, proved_seq DESC, user_id, device_id, updated_at);

	CREATE TABLE unanswered_additions (
		adder_id TEXT NOT NULL,
		added_id TEXT NOT NULL,
		count INTEGER NOT NULL,
		PRIMARY KEY (adder_id, added_id)
	) STRICT, WITHOUT ROWID;
	CREATE TABLE blocks (
		blocker_id TEXT NOT NULL,
		blocked_id TEXT NOT NULL,
		created_at INTEGER NOT NULL,
		PRIMARY KEY (blocker_id, blocked_id)
	) STRICT, WITHOUT ROWID;
	`,
];
