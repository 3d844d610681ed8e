/** Opens data directories of earlier versions. `scripts/write-data-fixture.ts` writes the fixtures. */
import { cpSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { MIGRATIONS } from "../../server/src/log/sqlite/migrations.ts";
import { TestClient } from "../../server/test/support/client.ts";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { token } from "../../server/test/support/token.ts";
import { runToEnd } from "./support/program.ts";
import {
	chatUrl,
	connect,
	history,
	rest,
	type ServerProcess,
	startServe,
} from "./support/server-process.ts";

interface Expected {
	readonly schema: number;
	readonly reader: { readonly user: string; readonly conversation_id: string };
	readonly repeated: {
		readonly sent: Record<string, unknown>;
		readonly message_id: string;
		readonly seq: number;
	};
	readonly asks: readonly {
		readonly user: string;
		readonly path: string;
		readonly status: number;
		readonly body: unknown;
	}[];
}

const FIXTURES = join(import.meta.dirname, "fixtures/data-directories");
const fixtures = globSync("*/expected.json", { cwd: FIXTURES }).map(dirname);

function expectedOf(version: string): Expected {
	return JSON.parse(
		readFileSync(join(FIXTURES, version, "expected.json"), "utf8"),
	) as Expected;
}

/** Logs of earlier schemas had no epoch. The migration adds an epoch, and some answers contain it. */
function withEpoch(schema: number, path: string, body: unknown): unknown {
	const refused = typeof body !== "object" || body === null || "error" in body;
	const carries = /^\/v1\/conversations(\/[^/]+(\/messages.*)?)?$/.test(path);
	return schema >= 4 || refused || !carries
		? body
		: { ...body, epoch: expect.any(String) };
}

/** Before schema 8, only lists had what a conversation is to the caller. */
function withOwnState(path: string, body: unknown): unknown {
	const refused = typeof body !== "object" || body === null || "error" in body;
	return refused || !/^\/v1\/conversations\/[^/]+$/.test(path)
		? body
		: {
				...body,
				role: expect.any(String),
				read_seq: expect.any(Number),
				unread: expect.any(Number),
				mentions: expect.any(Number),
			};
}

/** Fields that conversations of earlier versions have with their defaults. */
const DEFAULTS = {
	closed: false,
	kind: "group",
	muted_until: null,
	archived: false,
	favourite: false,
	marked_unread: false,
};

function withDefaults(path: string, body: unknown): unknown {
	if (typeof body !== "object" || body === null || "error" in body) return body;
	if (/^\/v1\/conversations\/[^/]+$/.test(path))
		return { ...body, ...DEFAULTS };
	return "conversations" in body && Array.isArray(body.conversations)
		? {
				...body,
				conversations: body.conversations.map((row: object) => ({
					...row,
					...DEFAULTS,
				})),
			}
		: body;
}

interface Read {
	readonly message_id: string;
	readonly seq: number;
}
interface Row {
	readonly conversation_id: string;
	readonly read_seq: number;
}
interface Receipt {
	readonly user_id: string;
	readonly name?: string;
	readonly read?: Read;
}

/**
 * Earlier versions counted at most 200 unread messages, also those before the user joined, and writing did not move the
 * writer's watermark. Recomputes both from the history.
 */
async function withWatermarks(
	server: ServerProcess,
	user: string,
	path: string,
	body: unknown,
): Promise<unknown> {
	const bearer = await token(user);
	const chatsOf = async (id: string) =>
		(await history(server, id, bearer)).filter(({ type }) => type === "chat");
	if (typeof body !== "object" || body === null || "error" in body) return body;
	if ("conversations" in body) {
		const rows = (body.conversations as readonly Row[]).map(async (row) => {
			const chats = await chatsOf(row.conversation_id);
			const joinedAt = await joinedAtOf(server, user, row.conversation_id);
			const seen = chats.findLast(
				({ sender_id, timestamp }) =>
					sender_id === user || String(timestamp) < joinedAt,
			);
			const read_seq = Math.max(row.read_seq, Number(seen?.seq ?? 0));
			const unread = chats.filter(({ seq }) => Number(seq) > read_seq).length;
			return { ...row, read_seq, unread, mentions: 0 };
		});
		return { ...body, conversations: await Promise.all(rows) };
	}
	const [, id = ""] =
		/^\/v1\/conversations\/([^/]+)\/receipts$/.exec(path) ?? [];
	if (!("receipts" in body)) return body;
	const chats = await chatsOf(id);
	const { body: conversation } = await rest(
		server,
		"GET",
		`/v1/conversations/${id}`,
		bearer,
	);
	const receipts: Receipt[] = (
		conversation as { participants: { user_id: string; name?: string }[] }
	).participants.flatMap(({ user_id, name }) => {
		const before = (body.receipts as readonly Receipt[]).find(
			(receipt) => receipt.user_id === user_id,
		);
		const own = chats.findLast(({ sender_id }) => sender_id === user_id);
		const read = [
			before?.read,
			own && { message_id: own.message_id, seq: Number(own.seq) },
		].reduce((a, b) => (Number(b?.seq ?? 0) > Number(a?.seq ?? 0) ? b : a));
		return read || before
			? [{ user_id, ...(name && { name }), ...before, ...(read && { read }) }]
			: [];
	});
	const furthest = receipts.sort(
		(a, b) => Number(b.read?.seq ?? 0) - Number(a.read?.seq ?? 0),
	);
	return { ...body, receipts: furthest };
}

async function joinedAtOf(
	server: ServerProcess,
	user: string,
	id: string,
): Promise<string> {
	const path = `/v1/conversations/${id}`;
	const { body } = await rest(server, "GET", path, await token(user));
	const { participants } = body as {
		participants: { user_id: string; joined_at: string }[];
	};
	return participants.find((it) => it.user_id === user)?.joined_at ?? "";
}

/** Returns the answer of this version that corresponds to `body`, the answer of a version of that schema. */
async function answerOf(
	server: ServerProcess,
	schema: number,
	{
		user,
		path,
		body,
	}: Pick<Expected["asks"][number], "user" | "path" | "body">,
): Promise<unknown> {
	if (schema >= 8) return body;
	const current = withOwnState(path, body);
	if (schema >= 6) return current;
	const whole = withEpoch(schema, path, withDefaults(path, current));
	return withWatermarks(server, user, path, whole);
}

function copyOf(version: string): string {
	const directory = temporaryDirectory();
	cpSync(join(FIXTURES, version, "data"), directory, { recursive: true });
	return directory;
}

function schemaOf(directory: string): unknown {
	const db = new DatabaseSync(join(directory, "messages.db"));
	try {
		return db.prepare("PRAGMA user_version").get()?.user_version;
	} finally {
		db.close();
	}
}

test("there is a data directory for every schema version", () => {
	const schemas = new Set(fixtures.map((it) => expectedOf(it).schema));
	expect([...schemas].sort((a, b) => a - b)).toEqual(
		MIGRATIONS.map((_, i) => i + 1),
	);
});

test.for(fixtures)(
	"a server on a data directory of version %s gives the same answers, and stores new messages",
	async (version) => {
		const { schema, reader, repeated, asks } = expectedOf(version);
		const directory = copyOf(version);
		expect(schemaOf(directory)).toBe(schema);
		const server = await startServe(directory);

		// The comparison is exact: a new field of an answer must be added here too.
		expect(asks.length).toBeGreaterThan(30);
		for (const { user, path, status, body } of asks)
			expect(
				{ path, ...(await rest(server, "GET", path, await token(user))) },
				`as ${user}`,
			).toEqual({
				path,
				status,
				body: await answerOf(server, schema, { user, path, body }),
			});

		const bearer = await token(reader.user);
		const entries = await history(server, reader.conversation_id, bearer);
		const old = entries[1];
		const client = await TestClient.open(
			chatUrl(server, reader.conversation_id, { after: old?.message_id ?? "" }),
			{ headers: { Authorization: `Bearer ${bearer}` } },
		);
		await client.settle();
		expect(client.frames.filter((frame) => "seq" in frame)).toEqual(
			entries.slice(2),
		);

		client.send({ type: "chat", ...repeated.sent });
		expect(await client.next("ack")).toMatchObject({
			client_message_id: repeated.sent.client_message_id,
			message_id: repeated.message_id,
			seq: repeated.seq,
		});
		const witness = await connect(server, reader.conversation_id, reader.user);
		client.send({ type: "chat", content: "years later" });
		expect(await witness.next("chat")).toMatchObject({
			seq: entries.length + 1,
			content: "years later",
		});
		expect(await history(server, reader.conversation_id, bearer)).toHaveLength(
			entries.length + 1,
		);

		server.program.kill("SIGTERM");
		expect(await server.program.ending()).toMatchObject({ code: 0 });
		expect(schemaOf(directory)).toBe(MIGRATIONS.length);
		expect(await runToEnd(["verify", directory])).toMatchObject({ code: 0 });
	},
);
