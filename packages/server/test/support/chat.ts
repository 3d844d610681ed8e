import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { TestClient, WireFrame } from "./client.ts";

/** Sends a message. Resolves with the sender's own copy of it. */
export function say(
	client: TestClient,
	content: string,
	fields: Record<string, unknown> = {},
): Promise<WireFrame> {
	const clientMessageId = randomUUID();
	client.send({
		type: "chat",
		content,
		client_message_id: clientMessageId,
		...fields,
	});
	return client.waitFor(
		(frame) =>
			frame.type === "chat" && frame.client_message_id === clientMessageId,
	);
}

/** Returns the entries that a client has received, in order of arrival. */
export function entries(client: TestClient): WireFrame[] {
	return client.frames.filter((frame) => frame.seq !== undefined);
}

/** Waits until a client has the entries up to `to`. Checks that it received `from` to `to`, each once, in order. */
export async function expectEntries(
	client: TestClient,
	from: number,
	to: number,
): Promise<void> {
	await client.waitFor((frame) => frame.seq === to);
	const got = entries(client).map(({ seq }) => seq);
	expect(got).toEqual(
		Array.from({ length: to - from + 1 }, (_, i) => from + i),
	);
}

/** Waits for an error and checks its code. */
export async function expectError(
	client: TestClient,
	code: string,
): Promise<WireFrame> {
	const error = await client.next("error");
	expect(error).toMatchObject({ code, message: expect.any(String) });
	return error;
}
