/** Runs `secureconnect chat` and `tail` as users do. */
import { token } from "../../../server/test/support/token.ts";
import { type Program, SECURECONNECT, start } from "./program.ts";

export const ALICE = "a11ce000-0000-4000-8000-000000000001";
export const BOB = "b0b00000-0000-4000-8000-000000000002";

export type Frame = Record<string, unknown> & { readonly type: string };

/** Starts a command for a conversation. The environment has a token of the user unless `env` overrides it. */
export async function startClient(
	command: "chat" | "tail",
	server: { readonly address: string },
	conversationId: string,
	userId: string,
	args: readonly string[] = [],
	env: Readonly<Record<string, string>> = {},
): Promise<Program> {
	return start(
		process.execPath,
		[
			SECURECONNECT,
			command,
			conversationId,
			"--url",
			`http://${server.address}`,
			...args,
		],
		{
			env: {
				SECURECONNECT_TOKEN: await token(userId, { name: nameOf(userId) }),
				...env,
			},
		},
	);
}

function nameOf(userId: string): string {
	return userId === ALICE ? "Alice" : "Bob";
}

/** Parses the lines that the program has printed, each of which is JSON. */
export function framesOf(program: Program): Frame[] {
	return program.lines.map((line) => JSON.parse(line) as Frame);
}

export function contentsOf(program: Program): unknown[] {
	return framesOf(program)
		.filter(({ type }) => type === "chat")
		.map(({ content }) => content);
}

/** Waits until the program has printed a message with this content. */
export function untilContent(program: Program, content: string): Promise<true> {
	return program.until(
		() => contentsOf(program).includes(content) || undefined,
		`the message "${content}"`,
	);
}

export async function untilConnected(program: Program): Promise<void> {
	await program.until(
		() => /^secureconnect: connected$/m.test(program.stderr) || undefined,
		"that it is connected",
	);
}
