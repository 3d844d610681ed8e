/** Statement batches that bring a database from version i to i + 1. Never edited once released, only added to. */
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
	// Where a device goes on from is not always what it has proved to have got. Of old rows nobody can tell, and they
	// go on saying what they said.
	`
	ALTER TABLE device_cursors ADD COLUMN proved_seq INTEGER NOT NULL DEFAULT 0;
	UPDATE device_cursors SET proved_seq = seq;
	`,
];
