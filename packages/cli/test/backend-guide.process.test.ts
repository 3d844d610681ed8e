/** Runs the programs of docs/backend.md, unchanged, against a server. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test, vi } from "vitest";
import { SECRET } from "../../server/test/support/token.ts";
import { writeBackendGuide } from "./support/backend-guide.ts";
import { type Program, start } from "./support/program.ts";
import { shareServe } from "./support/server-process.ts";

const server = shareServe();

function run(directory: string, file: string): Program {
	return start(process.execPath, [join(directory, file)], {
		cwd: directory,
		env: {
			CHAT_URL: `http://${server().address}`,
			SECURECONNECT_JWT_SECRET: SECRET,
		},
	});
}

async function load<T>(directory: string, file: string): Promise<T> {
	const { href } = pathToFileURL(join(directory, file));
	return (await import(/* @vite-ignore */ href)) as T;
}

test("the backend guide derives UUIDs of version 5", async () => {
	const { chatId } = await load<{
		chatId(name: string, namespace?: string): string;
	}>(writeBackendGuide(), "ids.mjs");
	// The namespace of DNS names, and the example in the documentation of Python's uuid module.
	const dns = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
	expect(chatId("python.org", dns)).toBe(
		"886313e1-3b8a-5372-9b90-0c9aee199e5d",
	);
	expect(chatId("user:1")).not.toBe(chatId("user:2"));
});

test("the backend guide answers 401 to a user who is not logged in, and a token to others", async () => {
	vi.stubEnv("SECURECONNECT_JWT_SECRET", SECRET);
	const { chatToken } = await load<{
		chatToken(user?: { id: number; name: string }): Promise<Response>;
	}>(writeBackendGuide(), "tokens.mjs");
	expect((await chatToken()).status).toBe(401);
	const response = await chatToken({ id: 1, name: "Alice" });
	expect(response.status).toBe(200);
	expect(await response.text()).toMatch(/^eyJ/);
	vi.unstubAllEnvs();
});

test("the backend guide's programs post once, resume after a restart, and answer at once", async () => {
	const directory = writeBackendGuide();
	const first = run(directory, "main.mjs");
	expect(await first.ending(), first.stderr).toMatchObject({ code: 0 });
	expect(first.stdout).toBe(
		"Orders: Your order is packed.\nAlice: Thank you!\n",
	);
	const second = run(directory, "main.mjs");
	expect(await second.ending(), second.stderr).toMatchObject({ code: 0 });
	expect(second.stdout).toBe("Alice: Thank you!\n");

	vi.stubEnv("SECURECONNECT_JWT_SECRET", SECRET);
	vi.stubEnv("CHAT_URL", `http://${server().address}`);
	const answering = run(directory, "answer.mjs");
	const { request } = await load<{
		request(
			user: { id: number; name: string },
			method: string,
			path: string,
			body?: unknown,
		): Promise<{ messages: { content: string }[] }>;
	}>(directory, "chat.mjs");
	const { chatId } = await load<{ chatId(name: string): string }>(
		directory,
		"ids.mjs",
	);
	const bob = { id: 2, name: "Bob" };
	const path = `/conversations/${chatId("order:1001")}/messages`;
	await request(bob, "POST", path, { content: "/status" });
	await vi.waitFor(
		async () => {
			const { messages } = await request(bob, "GET", path);
			expect(messages.map(({ content }) => content)).toEqual([
				"Your order is packed.",
				"Thank you!",
				"Thank you!",
				"/status",
				"Your order is packed.",
			]);
		},
		{ timeout: 20_000 },
	);
	expect(answering.stderr).toBe("");
	vi.unstubAllEnvs();
});
