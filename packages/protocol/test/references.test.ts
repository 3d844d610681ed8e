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
import { ClientFrames, CloseCode, ServerFrames } from "../src/index.ts";

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
			["client", ClientFrames],
			["server", ServerFrames],
		] as const)
			for (const [type, schema] of Object.entries(frames)) {
				const { examples = [] } = messages[`${from}_${type}`] ?? {};
				expect(examples.length, type).toBe(1);
				expect(Compile(schema).Check(examples[0]?.payload), type).toBe(true);
			}
		expect(Object.keys(messages)).toHaveLength(
			Object.keys(ClientFrames).length + Object.keys(ServerFrames).length,
		);
	});

	test("a tag marks the frames of v1", () => {
		const tagged = Object.values(document.components.messages)
			.filter(({ tags }) => tags.some(({ name }) => name === "v1"))
			.map(({ name }) => name);
		expect(tagged.toSorted()).toEqual(["auth", "auth_ok", "welcome"]);
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
			...Object.values(CloseCode).map(String),
		])
			expect(text).toContain(type);
		expect(JSON.stringify(rest)).toContain("Conversation");
	});
});
