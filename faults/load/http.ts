import { request } from "node:http";
import type { Shown, Watermark } from "./journal.ts";

export interface Answer {
	readonly status: number;
	readonly body: unknown;
}

/**
 * Sends one REST request on a new connection, because a pooled one would break with its server.
 * @throws if there is no answer in time
 */
export function rest(
	address: string,
	method: "GET" | "POST",
	path: string,
	token: string,
	body?: unknown,
	timeoutMs = 10_000,
): Promise<Answer> {
	return new Promise((resolve, reject) => {
		const text = body === undefined ? "" : JSON.stringify(body);
		const asked = request(
			`http://${address}${path}`,
			{
				method,
				agent: false,
				signal: AbortSignal.timeout(timeoutMs),
				headers: {
					Authorization: `Bearer ${token}`,
					...(text === ""
						? {}
						: {
								"Content-Type": "application/json",
								"Content-Length": Buffer.byteLength(text),
							}),
				},
			},
			(response) => {
				let said = "";
				response.setEncoding("utf8");
				response.on("data", (chunk: string) => {
					said += chunk;
				});
				response.on("error", reject);
				response.on("end", () => {
					try {
						resolve({
							status: response.statusCode ?? 0,
							body: said === "" ? undefined : JSON.parse(said),
						});
					} catch (error) {
						reject(error);
					}
				});
			},
		);
		asked.on("error", reject);
		asked.end(text);
	});
}

/** Reads a path. Returns undefined if the conversation does not exist, because the server may have lost it. */
async function read(
	address: string,
	path: string,
	token: string,
): Promise<unknown> {
	const { status, body } = await rest(address, "GET", path, token);
	if (status === 403) return undefined;
	if (status !== 200)
		throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`);
	return body;
}

/** Reads the whole history of a conversation, oldest first. */
export async function history(
	address: string,
	conversationId: string,
	token: string,
): Promise<Shown[]> {
	const all: Shown[] = [];
	let after: number | null = 0;
	while (after !== null) {
		const path: string = `/v1/conversations/${conversationId}/messages?after_seq=${after}&limit=100`;
		const page = (await read(address, path, token)) as
			| { messages: Shown[]; next: number | null }
			| undefined;
		all.push(...(page?.messages ?? []));
		after = page?.next ?? null;
	}
	return all;
}

export async function receipts(
	address: string,
	conversationId: string,
	token: string,
): Promise<Watermark[]> {
	const path = `/v1/conversations/${conversationId}/receipts`;
	const body = (await read(address, path, token)) as
		| { receipts: { user_id: string; read?: { message_id: string } }[] }
		| undefined;
	// The receipt of a user who has read nothing may have only the position of a device.
	return (body?.receipts ?? []).flatMap(({ user_id: userId, read }) =>
		read ? [{ userId, messageId: read.message_id }] : [],
	);
}
