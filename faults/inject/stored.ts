import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { BUILD } from "../programs.ts";
import { Supervisor } from "../supervisor.ts";

const PER_CONVERSATION = 1000;

/** Creates a data directory with many messages. It writes them without the server, which would take minutes. */
export async function createStored(
	data: string,
	messages: number,
): Promise<void> {
	const server = await Supervisor.create(BUILD, { data });
	await server.start();
	server.signal("SIGTERM");
	await server.ended;

	const db = new DatabaseSync(join(data, "messages.db"));
	// Losing this data does no harm, because each run creates the directory again.
	db.exec("PRAGMA synchronous = OFF; BEGIN");
	const conversation = db.prepare(
		`INSERT INTO conversations (id, metadata, created_by, created_at, updated_at, head_seq, last_chat_seq)
		 VALUES (?, '{}', ?, 0, 0, ?, ?)`,
	);
	const participant = db.prepare(
		"INSERT INTO participants (conversation_key, user_id, role, state, joined_at) VALUES (?, ?, 'owner', 'active', 0)",
	);
	const entry = db.prepare(
		`INSERT INTO entries (conversation_key, seq, type, message_id, sender_id, timestamp, client_message_id, body)
		 VALUES (?, ?, 'chat', ?, ?, 0, ?, ?)`,
	);
	for (let left = messages; left > 0; left -= PER_CONVERSATION) {
		const count = Math.min(left, PER_CONVERSATION);
		const user = randomUUID();
		const { lastInsertRowid: key } = conversation.run(
			randomUUID(),
			user,
			count,
			count,
		);
		participant.run(key, user);
		for (let seq = 1; seq <= count; seq++) {
			const content = `message ${seq} of a conversation that was here before`;
			const body = JSON.stringify({ content });
			entry.run(key, seq, randomUUID(), user, randomUUID(), body);
		}
	}
	db.exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
	db.close();
}
