/** Tests every command by every kind of user, over frames and over REST. */
import { randomUUID } from "node:crypto";
import { ENTRY_TYPES, foldOf, isAmendment } from "@secureconnect/protocol";
import { expect, test } from "vitest";
import { inStore, log, message, type Pair, pair } from "./support/amending.ts";
import type { TestClient } from "./support/client.ts";
import { token } from "./support/token.ts";

const USERS = [
	"owner",
	"moderator",
	"member",
	"reader",
	"author",
	"removed",
	"stranger",
	"admin",
] as const;
type Who = (typeof USERS)[number];
type Result = "ok" | "forbidden" | "read_only" | "not_participant";

/** Results in the order of {@link USERS}. The author is a member; the admin has the scope and does not participate. */
const MATRIX: readonly (readonly [command: string, results: string])[] = [
	//              owner    mod.     member   reader  author  removed  stranger admin
	[
		"chat",
		"       ok       ok       ok       ro      ok      np       np       np",
	],
	[
		"chat to all",
		"ok       ok       fb       ro      fb      np       np       np",
	],
	[
		"edit",
		"       fb       fb       fb       ro      ok      np       np       np",
	],
	[
		"delete",
		"     ok       ok       fb       ro      ok      np       np       ok",
	],
	[
		"reaction",
		"   ok       ok       ok       ro      ok      np       np       np",
	],
	[
		"pin",
		"        ok       ok       ok       ro      ok      np       np       np",
	],
];
/** Results in a closed conversation. */
const CLOSED: typeof MATRIX = [
	[
		"chat",
		"       ro       ro       ro       ro      ro      np       np       np",
	],
	[
		"chat to all",
		"ro       ro       ro       ro      ro      np       np       np",
	],
	[
		"edit",
		"       fb       fb       fb       ro      ro      np       np       np",
	],
	[
		"delete",
		"     ok       ok       fb       ro      ok      np       np       ok",
	],
	[
		"reaction",
		"   ro       ro       ro       ro      ro      np       np       np",
	],
	[
		"pin",
		"        ro       ro       ro       ro      ro      np       np       np",
	],
];
const RESULTS: Readonly<Record<string, Result>> = {
	ok: "ok",
	fb: "forbidden",
	ro: "read_only",
	np: "not_participant",
};
const REST_ERRORS: Readonly<Record<Exclude<Result, "ok">, string>> = {
	forbidden: "forbidden",
	read_only: "read only",
	not_participant: "not a participant",
};

interface Cast extends Pair {
	readonly users: Readonly<Record<Who, string>>;
	readonly clients: Readonly<Partial<Record<Who, TestClient>>>;
}

/** Fills a conversation. All users connect while they participate; the removed user's connection is closed. */
async function cast(): Promise<Cast> {
	const all = await pair();
	const { server, path, conversation, alice } = all;
	const users = Object.fromEntries(
		USERS.map((who) => [who, who === "owner" ? alice : randomUUID()]),
	) as Record<Who, string>;
	const outside: readonly Who[] = ["stranger", "admin"];
	const inside = USERS.filter((who) => !outside.includes(who));
	await server.rest("POST", `${path}/participants`, alice, {
		participant_ids: inside.map((who) => users[who]),
	});
	for (const role of ["moderator", "reader"] as const)
		inStore(
			server.directory,
			`UPDATE participants SET role = '${role}' WHERE user_id = '${users[role]}'`,
		);
	const clients: Partial<Record<Who, TestClient>> = {};
	for (const who of inside)
		if (who !== "removed")
			clients[who] = await server.connect(conversation, users[who]);
	await server.rest("DELETE", `${path}/participants/${users.removed}`, alice);
	return { ...all, users, clients };
}

/** Returns the frame of a command, and the REST request that does the same. */
function commandOf(
	name: string,
	target_id: string,
): {
	frame: Record<string, unknown>;
	request: readonly [method: string, below: string, body?: object];
} {
	const [type = ""] = name.split(" ");
	const fold = isAmendment(type) ? foldOf(type) : undefined;
	switch (fold?.kind) {
		case undefined: {
			const body = {
				content: "x",
				...(name === "chat to all" ? { mentions: { all: true } } : {}),
			};
			return { frame: { type, ...body }, request: ["POST", "", body] };
		}
		case "replace": {
			const body = { content: "x" };
			return {
				frame: { type, target_id, ...body },
				request: ["PATCH", `/${target_id}`, body],
			};
		}
		case "erase":
			return {
				frame: { type, target_id },
				request: ["DELETE", `/${target_id}`],
			};
		case "mark": {
			const { nameField } = fold;
			const mark = nameField ? { [nameField]: randomUUID() } : {};
			const below = nameField
				? `${fold.foldedAs}/${Object.values(mark)[0]}`
				: type;
			return {
				frame: { type, target_id, on: true, ...mark },
				request: ["PUT", `/${target_id}/${below}`],
			};
		}
	}
}

/** Sends a command over a connection. Returns `ok`, the code of the error, or the type of a different answer. */
async function overFrame(
	client: TestClient,
	frame: Record<string, unknown>,
): Promise<unknown> {
	const client_message_id = randomUUID();
	client.send({ ...frame, client_message_id });
	const { type, code } = await client.waitFor(
		(answer) => answer.client_message_id === client_message_id,
	);
	return type === "error" ? code : type === frame.type ? "ok" : type;
}

async function overRest(
	{ server, path, users }: Cast,
	who: Who,
	[method, below, body]: readonly [string, string, object?],
): Promise<unknown> {
	const bearer = await token(
		users[who],
		who === "admin" ? { scope: "admin" } : {},
	);
	const response = await fetch(
		`http://${server.address}${path}/messages${below}`,
		{
			method,
			headers: {
				Authorization: `Bearer ${bearer}`,
				...(body ? { "Content-Type": "application/json" } : {}),
			},
			...(body ? { body: JSON.stringify(body) } : {}),
		},
	);
	if (response.status === 201) return "ok";
	expect(response.status).toBe(403);
	const { error } = (await response.json()) as { error: string };
	return Object.entries(REST_ERRORS).find(([, text]) => text === error)?.[0];
}

/** Runs the whole table in one conversation. Returns it with the results that were seen. */
async function seen(
	all: Cast,
	matrix: typeof MATRIX,
	before: () => void,
	after: () => void,
): Promise<[string, string][]> {
	const { clients, users } = all;
	const { author } = clients;
	if (!author) throw new Error("the author is not connected");
	const rows: [string, string][] = [];
	for (const [name] of matrix) {
		const cells: string[] = [];
		for (const who of USERS) {
			const results = new Set<unknown>();
			for (const via of ["frame", "rest"] as const) {
				const target_id = await message(author, "target");
				const { frame, request } = commandOf(name, target_id);
				const client = clients[who];
				const { length } = await log(all, users.owner);
				before();
				if (via === "rest") results.add(await overRest(all, who, request));
				else if (client) results.add(await overFrame(client, frame));
				after();
				const stored = (await log(all, users.owner)).length - length;
				// A refused command stores nothing. The newest page is full after 50 entries.
				if (length < 50)
					expect([name, who, stored > 0]).toEqual([
						name,
						who,
						results.has("ok"),
					]);
			}
			cells.push([...results].join("/"));
		}
		rows.push([name, cells.join(" ")]);
	}
	return rows;
}

function expected(matrix: typeof MATRIX): string[][] {
	return matrix.map(([name, results]) => [
		name,
		results
			.trim()
			.split(/\s+/)
			.map((short) => RESULTS[short])
			.join(" "),
	]);
}

test("the table has every command", () => {
	const types = Object.entries(ENTRY_TYPES)
		.filter(([, { command }]) => command)
		.map(([type]) => type);
	for (const matrix of [MATRIX, CLOSED])
		expect(new Set(matrix.map(([name]) => name.split(" ")[0]))).toEqual(
			new Set(types),
		);
});

test("[AM-3] [AM-6] [AM-13] [CH-12] every kind of user may send exactly the commands of the table", async () => {
	const nothing = () => {};
	expect(await seen(await cast(), MATRIX, nothing, nothing)).toEqual(
		expected(MATRIX),
	);
});

test("[AM-13] in a closed conversation every kind of user may send exactly the commands of its table", async () => {
	const all = await cast();
	const close = (closed: 0 | 1) => () =>
		inStore(
			all.server.directory,
			`UPDATE conversations SET closed = ${closed} WHERE id = '${all.conversation}'`,
		);
	expect(await seen(all, CLOSED, close(1), close(0))).toEqual(expected(CLOSED));
});

test("[AM-13] a reader's read is relayed, and its typing is not", async () => {
	const { clients, users } = await cast();
	const { author, reader } = clients;
	if (!author || !reader) throw new Error("not connected");
	const message_id = await message(author, "x");
	reader.send({ type: "typing" });
	reader.send({ type: "read", message_id });
	const of = { sender_id: users.reader };
	expect(await author.next("read")).toMatchObject({ ...of, message_id });
	expect(author.of("typing")).toEqual([]);
});
