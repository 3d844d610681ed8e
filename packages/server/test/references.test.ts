import { randomUUID } from "node:crypto";
import { OPERATIONS, openApi } from "@secureconnect/protocol/reference";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import Fastify from "fastify";
import { expect, test } from "vitest";
import { type RestContext, restRoutes } from "../src/http/rest.ts";
import { say } from "./support/chat.ts";
import { startTestServer, type TestServer } from "./support/server.ts";

const document = openApi("0.0.0") as {
	paths: Record<
		string,
		Record<
			string,
			{
				responses: Record<
					string,
					{ content?: { "application/json": { schema: object } } }
				>;
			}
		>
	>;
	components: { schemas: Record<string, object> };
};

const ajv = new Ajv2020({ strict: false });
formats.default(ajv);
ajv.addSchema({ $id: "openapi", components: document.components });

/** Statuses that each operation, by id, is expected to answer. */
const answered = new Map<string, Set<number>>();

function expectDocumented(
	id: string,
	answer: { status: number; body: unknown },
): void {
	const operation = OPERATIONS.find((known) => known.id === id);
	const { method = "", path = "" } = operation ?? {};
	const response = document.paths[path]?.[method]?.responses[answer.status];
	expect(response, `${id} ${answer.status}`).toBeDefined();
	const schema = response?.content?.["application/json"].schema;
	if (schema) {
		const text = JSON.stringify(schema).replaceAll(
			'"#/components',
			'"openapi#/components',
		);
		const validate = ajv.compile(JSON.parse(text) as object);
		validate(answer.body);
		expect(validate.errors ?? [], JSON.stringify(answer.body)).toEqual([]);
	} else expect(answer.body).toBeUndefined();
	answered.set(id, (answered.get(id) ?? new Set()).add(answer.status));
}

test("the document lists exactly the server's routes", async () => {
	const routes: string[] = [];
	const app = Fastify();
	app.addHook("onRoute", ({ method, url }) => {
		for (const verb of [method].flat())
			if (!["HEAD", "OPTIONS"].includes(verb))
				routes.push(
					`${verb.toLowerCase()} ${url.replaceAll(/:(\w+)/g, "{$1}")}`,
				);
	});
	await app.register(
		restRoutes(() => Promise.reject(new Error("no")), {} as RestContext),
		{ prefix: "/v1" },
	);
	await app.ready();
	expect(routes.toSorted()).toEqual(
		OPERATIONS.filter(({ open }) => !open)
			.map(({ method, path }) => `${method} ${path}`)
			.toSorted(),
	);
});

test("the server's answers match the document for every operation", async () => {
	const server = await startTestServer({ policy: "members" });
	const [alice, bob, stranger] = [randomUUID(), randomUUID(), randomUUID()];
	const id = randomUUID();
	const ask = async (
		operation: string,
		by: string,
		fill: Record<string, string> = {},
		body?: unknown,
		query = "",
	): Promise<void> => {
		const { method = "", path = "" } =
			OPERATIONS.find((known) => known.id === operation) ?? {};
		const url = path
			.replace("{conversationId}", fill.conversationId ?? id)
			.replace("{userId}", fill.userId ?? bob)
			.replace("{messageId}", fill.messageId ?? "x")
			.replace("{reaction}", "x");
		expectDocumented(
			operation,
			await server.rest(method.toUpperCase(), url + query, by, body),
		);
	};
	const creation = {
		conversation_id: id,
		title: "Lunch",
		metadata: { k: 1 },
		participant_ids: [bob],
	};
	await ask("createConversation", alice, {}, creation);
	await ask("createConversation", alice, {}, creation);
	await ask("createConversation", stranger, {}, creation);
	await ask("createConversation", alice, {}, { title: 1 });
	await ask("createConversation", "nobody", {}, creation);
	const client = await server.connect(id, alice);
	const message = await say(client, "hello");
	await ask("listConversations", alice);
	await ask("listConversations", alice, {}, undefined, "?limit=0");
	await ask("getConversation", bob);
	await ask("getConversation", stranger);
	await ask("addParticipants", alice, {}, { participant_ids: [bob] });
	await ask("addParticipants", bob, {}, { participant_ids: [bob] });
	await ask("listMessages", bob);
	await ask("listMessages", bob, {}, undefined, `?after=${randomUUID()}`);
	const body = { content: "x", client_message_id: randomUUID() };
	await ask("sendMessage", bob, {}, body);
	await ask("sendMessage", bob, {}, body);
	await ask("sendMessage", bob, {}, { ...body, content: "y" });
	await ask("sendMessage", bob, {}, { content: "x".repeat(1024 * 1024) });
	const reader = await server.connect(id, bob);
	reader.send({ type: "read", message_id: message.message_id });
	await client.next("read");
	const messageId = String(message.message_id);
	const unknown = { messageId: randomUUID() };
	for (const operation of [
		"editMessage",
		"setReaction",
		"setPin",
		"listPins",
		"getMessage",
		"listMessages",
		"clearReaction",
		"clearReaction",
		"clearPin",
		"clearPin",
		"deleteMessage",
		"deleteMessage",
		"setPin",
	]) {
		const edit = operation === "editMessage" ? { content: "y" } : undefined;
		for (const fill of [{ messageId }, unknown])
			await ask(operation, alice, fill, edit);
		await ask(operation, stranger, { messageId }, edit);
	}
	await ask("listMessages", bob, {}, undefined, "?view=timeline");
	await ask("getReceipts", alice);
	await ask("getReceipts", stranger);
	await ask("getPresence", alice);
	await ask("getPresence", alice, { conversationId: "x" });
	await ask("changeConversation", alice, {}, { title: "x", closed: true });
	await ask("changeConversation", bob, {}, { title: "y" });
	await ask("changeParticipant", alice, {}, { role: "reader" });
	await ask("changeParticipant", alice, { userId: alice }, { role: "reader" });
	await ask(
		"changeParticipant",
		alice,
		{ userId: stranger },
		{ role: "owner" },
	);
	await ask("changeOwnSettings", bob, {}, { archived: true });
	await ask("changeOwnSettings", stranger, {}, {});
	await ask("addParticipants", alice, {}, { participant_ids: [stranger] });
	await ask("removeParticipant", alice, { userId: stranger });
	await ask("listMessages", alice);
	await ask("createConversation", alice, {}, { direct: bob });
	await ask("createConversation", bob, {}, { direct: alice });
	await ask("listConversations", alice);
	await ask("removeParticipant", alice);
	await ask("removeParticipant", alice);
	await ask("removeParticipant", stranger);
	await ask("listMessages", alice);
	await ask("block", alice);
	await ask("block", alice, { userId: alice });
	await ask("listBlocks", alice);
	await ask("listBlocks", alice, {}, undefined, `?epoch=${randomUUID()}`);
	await ask("deleteConversation", bob);
	await ask("deleteConversation", alice);
	await ask("unblock", alice);
	await ask("unblock", alice, { userId: "x" });
	await askOpen(server);
	for (const operation of OPERATIONS) {
		const statuses = [...(answered.get(operation.id) ?? [])];
		expect(
			statuses.some((status) => status < 300),
			operation.id,
		).toBe(true);
		expect(
			operation.open || statuses.some((status) => status >= 400),
			operation.id,
		).toBe(true);
	}
});

async function askOpen(server: TestServer): Promise<void> {
	for (const [id, path] of [
		["health", "/healthz"],
		["readiness", "/readyz"],
	] as const)
		expectDocumented(id, await server.rest("GET", path, randomUUID()));
}

test("an answer of a different shape would fail", () => {
	expect(() =>
		expectDocumented("getPresence", { status: 200, body: { users: [{}] } }),
	).toThrow(/"users":\[{}\]/);
	expect(() =>
		expectDocumented("getPresence", { status: 418, body: {} }),
	).toThrow(/418/);
});
