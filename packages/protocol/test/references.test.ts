import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import {
	asyncApi,
	type Json,
	OPERATIONS,
	openApi,
	restPage,
	websocketPage,
} from "@secureconnect/protocol/reference";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv } from "ajv";
import formats from "ajv-formats";
import { Compile } from "typebox/compile";
import { describe, expect, test } from "vitest";
import {
	ClientFrames,
	CloseCode,
	InboxClientFrames,
	InboxServerFrames,
	parseInboxFrame,
	ServerFrames,
} from "../src/index.ts";

const VERSION = "1.2.3";
const asyncApiSchema = JSON.parse(
	readFileSync(
		createRequire(import.meta.url).resolve(
			"@asyncapi/specs/schemas/3.0.0-without-$id.json",
		),
		"utf8",
	),
) as object;
const ajv = new Ajv({ strict: false, allErrors: true, logger: false });
formats.default(ajv);
const isAsyncApi = ajv.compile(asyncApiSchema);

function asyncApiErrors(document: Json): unknown[] {
	isAsyncApi(document);
	return isAsyncApi.errors ?? [];
}

describe("OpenAPI", () => {
	test("the document is valid by the official schema of 3.1", async () => {
		const validator = new Validator();
		expect(await validator.validate(openApi(VERSION))).toEqual({
			valid: true,
		});
		expect(validator.version).toBe("3.1");
		const { valid } = await new Validator().validate({
			...openApi(VERSION),
			paths: { "/x": { get: { responses: "none" } } },
		});
		expect(valid).toBe(false);
	});

	test("every reference in the document has a target", () => {
		const document = openApi(VERSION) as { components: { schemas: Json } };
		const names = Array.from(
			JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g),
			([, name = ""]) => name,
		);
		expect(names.length).toBeGreaterThan(20);
		for (const name of names)
			expect(document.components.schemas).toHaveProperty(name);
	});

	test.each(OPERATIONS)(
		"the examples of $id match its schemas",
		({ body, bodyExample, successes }) => {
			if (body) expect(Compile(body).Check(bodyExample)).toBe(true);
			for (const { schema, example } of Object.values(successes))
				if (schema) expect(Compile(schema).Check(example)).toBe(true);
		},
	);
});

describe("AsyncAPI", () => {
	const document = asyncApi(VERSION) as {
		components: {
			messages: Record<
				string,
				{
					name: string;
					tags: { name: string }[];
					examples: { payload: unknown }[];
				}
			>;
		};
	} & Json;

	test("the document is valid by the official schema of 3.0", () => {
		expect(asyncApiErrors(document)).toEqual([]);
		expect(asyncApiErrors({ ...document, channels: "none" })).not.toEqual([]);
	});

	test("the document has every frame, each with a valid example", () => {
		const { messages } = document.components;
		for (const [from, frames] of [
			["client", { ...ClientFrames, ...InboxClientFrames }],
			["server", { ...ServerFrames, ...InboxServerFrames }],
		] as const)
			for (const [type, schema] of Object.entries(frames)) {
				const { examples = [] } = messages[`${from}_${type}`] ?? {};
				expect(examples.length, type).toBe(1);
				expect(Compile(schema).Check(examples[0]?.payload), type).toBe(true);
			}
		const named = Object.keys(ClientFrames).filter((type) => type !== "auth");
		for (const type of named) {
			const { examples = [] } = messages[`inbox_client_${type}`] ?? {};
			const parsed = parseInboxFrame(JSON.stringify(examples[0]?.payload));
			expect(parsed.ok && parsed.value.frame.type, type).toBe(type);
		}
		expect(Object.keys(messages)).toHaveLength(
			[ClientFrames, ServerFrames, InboxClientFrames, InboxServerFrames]
				.map((frames) => Object.keys(frames).length)
				.reduce((sum, count) => sum + count, named.length),
		);
	});

	test("the channel for all conversations has its own frames and those of a chat, without welcome", () => {
		const { channels } = document as unknown as {
			channels: Record<string, { address: string; messages: Json }>;
		};
		expect(channels.inbox?.address).toBe("/v1/ws/inbox");
		expect(Object.keys(channels.inbox?.messages ?? {}).toSorted()).toEqual(
			[
				...[...Object.keys(InboxClientFrames), "auth"].map(
					(type) => `client_${type}`,
				),
				...Object.keys(ClientFrames)
					.filter((type) => type !== "auth")
					.map((type) => `inbox_client_${type}`),
				...[...Object.keys(InboxServerFrames), ...Object.keys(ServerFrames)]
					.filter((type) => type !== "welcome")
					.map((type) => `server_${type}`),
			].toSorted(),
		);
	});

	test("a tag marks the frames of v1", () => {
		const plain = Object.entries(document.components.messages)
			.filter(([, { tags }]) => tags.some(({ name }) => name !== "v1"))
			.map(([key]) => key);
		expect(plain).toEqual([
			...Object.keys(ClientFrames)
				.filter((type) => type !== "auth")
				.map((type) => `client_${type}`),
			...Object.keys(ServerFrames)
				.filter((type) => !["auth_ok", "welcome"].includes(type))
				.map((type) => `server_${type}`),
		]);
	});
});

describe("the pages", () => {
	test("have a section for every operation, frame, error and close code, and unique ids", () => {
		const [rest, websocket] = [restPage(VERSION), websocketPage(VERSION)];
		for (const { sections } of [rest, websocket]) {
			const ids = sections.map(({ id }) => id);
			expect(new Set(ids).size).toBe(ids.length);
		}
		for (const { method, path } of OPERATIONS)
			expect(rest.sections.map(({ title }) => title)).toContain(
				`${method.toUpperCase()} ${path}`,
			);
		const text = JSON.stringify(websocket);
		for (const type of [
			...Object.keys(ClientFrames),
			...Object.keys(ServerFrames),
			...Object.keys(InboxClientFrames),
			...Object.keys(InboxServerFrames),
			...Object.values(CloseCode).map(String),
		])
			expect(text).toContain(type);
		expect(JSON.stringify(rest)).toContain("Conversation");
	});
});
