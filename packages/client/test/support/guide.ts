/** Runs the JavaScript of the guides, unchanged except for the port, the conversation and the token. */
import { randomUUID } from "node:crypto";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import {
	type Program,
	ROOT,
	start,
} from "../../../cli/test/support/program.ts";
import type {
	DevProcess,
	DevUser,
} from "../../../cli/test/support/server-process.ts";
import { TestClient } from "../../../server/test/support/client.ts";
import { temporaryDirectory } from "../../../server/test/support/server.ts";
import { claimsOf } from "../../src/token.ts";

export interface Block {
	readonly section: string;
	readonly language: string;
	readonly code: string;
}

/** Returns the blocks of code in a guide's sections. */
export function blocksOf(guide: string): Block[] {
	return guide
		.split(/^## /m)
		.slice(1)
		.flatMap((text) =>
			Array.from(
				text.matchAll(/```(\w+)\n([\s\S]*?)```/g),
				([, language = "", code = ""]) => ({
					section: text.slice(0, text.indexOf("\n")),
					language,
					code,
				}),
			),
		);
}

/** A conversation on a server started by `dev`, with Bob in it, who answers. */
export interface Scene {
	readonly dev: DevProcess;
	readonly id: string;
	/** Returns the guide's lines with this scene's port, conversation and token. */
	written(code: string): string;
}

/** Starts a conversation with three messages of Bob. */
export async function scene(dev: DevProcess): Promise<Scene> {
	const id = randomUUID();
	const [alice, bob] = dev.users;
	const client = await TestClient.open(urlOf(bob, id));
	for (const content of ["One", "Two", "Three"])
		client.send({ type: "chat", content });
	for (let seq = 1; seq <= 3; seq++) await client.next("chat");
	const added = await fetch(
		`http://localhost:${dev.port}/v1/conversations/${id}/participants`,
		{
			method: "POST",
			headers: {
				Authorization: `Bearer ${bob.token}`,
				"Content-Type": "application/json",
			},
			body: JSON.stringify({ participant_ids: [claimsOf(alice.token).userId] }),
		},
	);
	expect(added.status).toBe(200);
	client.ws.on("message", (data) => {
		const frame = JSON.parse(String(data)) as Record<string, unknown>;
		if (frame.type === "user_joined") client.send({ type: "typing" });
		if (frame.type === "chat")
			client.send({ type: "read", message_id: frame.message_id });
	});
	return {
		dev,
		id,
		written: (text) =>
			text
				// The port differs from the default, as the text next to the code explains.
				.replaceAll(
					'"jwt-token")',
					'"jwt-token", { url: "ws://localhost:8082" })',
				)
				.replaceAll("8082", String(dev.port))
				.replaceAll("https://chat.example.com", `http://localhost:${dev.port}`)
				.replaceAll("550e8400-e29b-41d4-a716-446655440000", id)
				.replaceAll("jwt-token", alice.token),
	};
}

function urlOf({ url }: DevUser, conversationId: string): string {
	const to = new URL(url);
	to.searchParams.set("conversation_id", conversationId);
	return to.href;
}

/** Runs lines as a module, as a bundler would put them into a page whose backend issues this token. */
export function run(lines: string, token: string): Program {
	const backend = `const fetchIt = globalThis.fetch;
globalThis.fetch = async (url, init) => url === "/chat-token" ? new Response(${JSON.stringify(token)}) : fetchIt(url, init);
`;
	return start(
		process.execPath,
		["--input-type=module", "--eval", backend + lines],
		{ cwd: atRoot(), env: { CHAT_TOKEN: token } },
	);
}

/** Creates an empty folder with the packages of the repository installed. */
export function atRoot(): string {
	const directory = temporaryDirectory();
	symlinkSync(join(ROOT, "node_modules"), join(directory, "node_modules"));
	return directory;
}
