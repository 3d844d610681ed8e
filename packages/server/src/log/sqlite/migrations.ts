import type { DatabaseSync } from "node:sqlite";
import { fillJoined } from "./joined.ts";
import { fillOrdinals } from "./ordinals.ts";

/** Step from one version of the database to the next. */
export interface Migration {
	/**
	 * Long work that the step needs, in transactions of its own. An interrupted start goes on where it stopped.
	 * @param progress takes the share that is done, from 0 to 1
	 */
	readonly prepare?: (
		db: DatabaseSync,
		progress: (share: number) => void,
	) => void;
	/** Statements that run in one transaction together with the change of the version. */
	readonly sql: string;
}

/**
 * Steps that migrate a database from version i to i + 1. A released step never changes. New steps go to the end.
 */
export const MIGRATIONS: readonly Migration[] = [
	{
		sql: `
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
	},
	{
		sql: `
	CREATE TABLE device_cursors (
		conversation_key INTEGER NOT NULL REFERENCES conversations (key),
		user_id TEXT NOT NULL,
		device_id TEXT NOT NULL,
		seq INTEGER NOT NULL,
		updated_at INTEGER NOT NULL,
		PRIMARY KEY (conversation_key, user_id, device_id)
	) STRICT, WITHOUT ROWID;
	`,
	},
	// The position at which a device resumes is not always an entry whose receipt it has proved. Old rows do not
	// distinguish the two, so they keep their values.
	{
		sql: `
	ALTER TABLE device_cursors ADD COLUMN proved_seq INTEGER NOT NULL DEFAULT 0;
	UPDATE device_cursors SET proved_seq = seq;
	`,
	},
	// Sorting a list reads a conversation's row for each of its rows, and each message writes it. This batch therefore
	// moves the columns that never change out of the row. It runs in one transaction over conversations, participants and
	// cursors, not over entries. An interrupted start leaves the directory unchanged, and the next start begins again.
	{
		sql: `
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
	},
	// Adds what amendments, exact unread counts and roles need. Adding a column changes no row, and each index takes about
	// a second for a million entries.
	{
		sql: `
	ALTER TABLE conversations ADD COLUMN chat_count INTEGER NOT NULL DEFAULT 0;
	ALTER TABLE conversations ADD COLUMN closed INTEGER NOT NULL DEFAULT 0;

	ALTER TABLE entries ADD COLUMN ordinal INTEGER;
	ALTER TABLE entries ADD COLUMN target_seq INTEGER;
	ALTER TABLE entries ADD COLUMN thread_seq INTEGER;
	ALTER TABLE entries ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
	ALTER TABLE entries ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;
	ALTER TABLE entries ADD COLUMN activity INTEGER;
	ALTER TABLE entries ADD COLUMN hash BLOB;
	CREATE INDEX entries_without_target ON entries (conversation_key, seq) WHERE target_seq IS NULL;
	CREATE INDEX entries_by_target ON entries (conversation_key, target_seq, seq) WHERE target_seq IS NOT NULL;
	CREATE INDEX entries_by_thread ON entries (conversation_key, thread_seq, seq) WHERE thread_seq IS NOT NULL;
	CREATE INDEX erased_entries ON entries (conversation_key, seq) WHERE erased = 1;

	CREATE TABLE marks (
		conversation_key INTEGER NOT NULL REFERENCES conversations (key),
		target_seq INTEGER NOT NULL,
		type TEXT NOT NULL,
		name TEXT NOT NULL,
		user_id TEXT NOT NULL,
		seq INTEGER NOT NULL,
		is_on INTEGER NOT NULL,
		PRIMARY KEY (conversation_key, target_seq, type, name, user_id)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX marks_by_seq ON marks (conversation_key, target_seq, type, name, seq, user_id) WHERE is_on = 1;
	CREATE TABLE mark_totals (
		conversation_key INTEGER NOT NULL REFERENCES conversations (key),
		target_seq INTEGER NOT NULL,
		type TEXT NOT NULL,
		name TEXT NOT NULL,
		first_seq INTEGER NOT NULL,
		count INTEGER NOT NULL,
		PRIMARY KEY (conversation_key, target_seq, type, name)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX mark_totals_by_type ON mark_totals (conversation_key, type, target_seq);
	CREATE TABLE threads (
		conversation_key INTEGER NOT NULL REFERENCES conversations (key),
		root_seq INTEGER NOT NULL,
		count INTEGER NOT NULL,
		last_at INTEGER NOT NULL,
		PRIMARY KEY (conversation_key, root_seq)
	) STRICT, WITHOUT ROWID;
	CREATE TABLE mentions (
		user_id TEXT NOT NULL,
		conversation_key INTEGER NOT NULL REFERENCES conversations (key),
		seq INTEGER NOT NULL,
		PRIMARY KEY (user_id, conversation_key, seq)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX mentions_by_conversation ON mentions (conversation_key);
	CREATE TABLE unchanged_commands (
		conversation_key INTEGER NOT NULL REFERENCES conversations (key),
		sender_id TEXT NOT NULL,
		client_message_id TEXT NOT NULL,
		hash BLOB NOT NULL,
		seq INTEGER NOT NULL,
		PRIMARY KEY (conversation_key, sender_id, client_message_id)
	) STRICT, WITHOUT ROWID;

	CREATE TABLE wider_participants (
		conversation_key INTEGER NOT NULL REFERENCES conversations (key),
		user_id TEXT NOT NULL,
		role TEXT NOT NULL CHECK (role IN ('owner', 'moderator', 'member', 'reader')),
		state TEXT NOT NULL CHECK (state IN ('active', 'left', 'removed')),
		joined_at INTEGER NOT NULL,
		read_seq INTEGER NOT NULL DEFAULT 0,
		relayed_seq INTEGER NOT NULL DEFAULT 0,
		joined_seq INTEGER NOT NULL DEFAULT 0,
		added_by TEXT,
		muted_until INTEGER,
		archived INTEGER NOT NULL DEFAULT 0,
		favourite INTEGER NOT NULL DEFAULT 0,
		marked_unread INTEGER NOT NULL DEFAULT 0,
		PRIMARY KEY (conversation_key, user_id)
	) STRICT, WITHOUT ROWID;
	INSERT INTO wider_participants (conversation_key, user_id, role, state, joined_at, read_seq, relayed_seq, added_by)
		SELECT conversation_key, user_id, role, state, joined_at, read_seq, read_seq, added_by FROM participants;
	DROP TABLE participants;
	ALTER TABLE wider_participants RENAME TO participants;
	CREATE INDEX participants_by_user ON participants (user_id) WHERE state = 'active';
	CREATE INDEX participants_by_read_seq ON participants (conversation_key, read_seq)
		WHERE state = 'active' AND read_seq > 0;
	CREATE INDEX participants_by_joined_at ON participants (conversation_key, joined_at, user_id)
		WHERE state = 'active';

	CREATE TABLE direct_conversations (
		low_user_id TEXT NOT NULL,
		high_user_id TEXT NOT NULL CHECK (high_user_id > low_user_id),
		conversation_key INTEGER NOT NULL UNIQUE REFERENCES conversations (key),
		PRIMARY KEY (low_user_id, high_user_id)
	) STRICT, WITHOUT ROWID;
	CREATE TABLE deleted_conversations (
		id TEXT PRIMARY KEY,
		last_entry_key INTEGER NOT NULL,
		pending_key INTEGER
	) STRICT, WITHOUT ROWID;
	CREATE INDEX deleted_conversations_by_key ON deleted_conversations (last_entry_key);
	CREATE INDEX pending_deletions ON deleted_conversations (pending_key) WHERE pending_key IS NOT NULL;

	CREATE TABLE ordinals_filled (
		singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
		conversation_key INTEGER NOT NULL,
		seq INTEGER NOT NULL,
		ordinal INTEGER NOT NULL
	) STRICT;
	INSERT INTO ordinals_filled VALUES (1, 0, 0, 0);
	`,
	},
	// Numbers the messages of every conversation, and advances the watermarks of their senders.
	{ prepare: fillOrdinals, sql: "DROP TABLE ordinals_filled" },
	// Adds what erasing in steps needs, forgets the hashes of erased content, and sets when participants joined.
	{
		prepare: fillJoined,
		sql: `
	CREATE TABLE pending_erasures (
		conversation_key INTEGER NOT NULL REFERENCES conversations (key),
		target_seq INTEGER NOT NULL,
		seq INTEGER NOT NULL,
		PRIMARY KEY (conversation_key, target_seq)
	) STRICT, WITHOUT ROWID;
	ALTER TABLE unchanged_commands ADD COLUMN type TEXT NOT NULL DEFAULT '';
	CREATE INDEX unchanged_commands_by_seq ON unchanged_commands (conversation_key, seq) WHERE hash <> x'';
	CREATE TEMP TABLE erased AS SELECT conversation_key, seq FROM entries WHERE erased = 1;
	INSERT INTO erased SELECT a.conversation_key, a.seq FROM erased e
		JOIN entries a ON a.conversation_key = e.conversation_key AND a.target_seq = e.seq;
	UPDATE entries SET hash = x'' FROM erased e
		WHERE entries.conversation_key = e.conversation_key AND entries.seq = e.seq AND entries.hash IS NOT NULL;
	UPDATE unchanged_commands SET hash = x'' WHERE (conversation_key, seq) IN (SELECT conversation_key, seq FROM erased);
	DROP TABLE erased;
	`,
	},
	// Replaces an index of every message by one of the places where messages and amendments alternate. In a log without
	// amendments it is empty.
	{
		sql: `
	ALTER TABLE entries ADD COLUMN run_start INTEGER;
	CREATE INDEX entries_by_run ON entries (conversation_key, seq) WHERE run_start = 1;
	CREATE TEMP TABLE run_starts AS
		SELECT a.key FROM entries a INDEXED BY entries_by_target
		JOIN entries b ON b.conversation_key = a.conversation_key AND b.seq = a.seq - 1
		WHERE a.target_seq IS NOT NULL AND b.target_seq IS NULL
		UNION ALL
		SELECT b.key FROM entries a INDEXED BY entries_by_target
		JOIN entries b ON b.conversation_key = a.conversation_key AND b.seq = a.seq + 1
		WHERE a.target_seq IS NOT NULL AND b.target_seq IS NULL;
	UPDATE entries SET run_start = 1 WHERE key IN (SELECT key FROM run_starts);
	DROP TABLE run_starts;
	DROP INDEX entries_without_target;
	`,
	},
];
