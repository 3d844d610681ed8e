/** Measures the cost of a page of history: newest or middle, in a short or a very long conversation. */
import { randomUUID } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeChatBody } from "@secureconnect/protocol";
import { createMessageId } from "../../packages/server/src/chat/message-id.ts";
import { SqliteLog } from "../../packages/server/src/log/sqlite/sqlite-log.ts";
import { contentOf, wordsOf } from "../load/frames.ts";
import { newUser, startPeer, type User } from "../peers.ts";

export interface HistorySpec {
	/** Numbers of messages in the two conversations. */
	readonly short: number;
	readonly long: number;
	readonly pages: number;
}

/** Server CPU per page of 50, in microseconds. */
interface HistoryResult {
	readonly shortNewest: number;
	readonly shortMiddle: number;
	readonly longNewest: number;
	readonly longMiddle: number;
}

export interface History {
	measure(): Promise<HistoryResult>;
	stop(): Promise<void>;
}

const BATCH = 4000;
const AT_ONCE = 4;

/** Writes both conversations with the server's own log and starts a server on them. */
export async function history(spec: HistorySpec): Promise<History> {
	const user = newUser();
	const directory = mkdtempSync(join(tmpdir(), "secureconnect-bench-"));
	const [short, long] = [randomUUID(), randomUUID()];
	const log = await SqliteLog.open(directory);
	await fill(log, short, user, spec.short);
	await fill(log, long, user, spec.long);
	await log.close();
	const server = await startPeer("secureconnect", { directory });
	const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
	const cpuPerPage = async (
		conversation: string,
		query: string,
	): Promise<number> => {
		const path = `/v1/conversations/${conversation}/messages?limit=50${query}`;
		const before = server.process.cpuMicros();
		let left = spec.pages;
		await Promise.all(
			Array.from({ length: AT_ONCE }, async () => {
				while (left-- > 0)
					await page(agent, server.process.port, path, user.token);
			}),
		);
		return (server.process.cpuMicros() - before) / spec.pages;
	};
	return {
		measure: async () => ({
			shortNewest: await cpuPerPage(short, ""),
			longNewest: await cpuPerPage(long, ""),
			shortMiddle: await cpuPerPage(short, `&before_seq=${spec.short / 2}`),
			longMiddle: await cpuPerPage(long, `&before_seq=${spec.long / 2}`),
		}),
		async stop() {
			agent.destroy();
			await server.stop();
		},
	};
}

async function fill(
	log: SqliteLog,
	conversationId: string,
	{ id: senderId }: User,
	messages: number,
): Promise<void> {
	await log.append([
		{
			kind: "join",
			conversationId,
			userId: senderId,
			timestamp: Date.now(),
			maxParticipants: 2,
		},
	]);
	const body = encodeChatBody({
		type: "chat",
		content: contentOf(0, wordsOf(47)),
		isEncrypted: false,
		messageType: "text",
		metadata: {},
	});
	for (let done = 0; done < messages; done += BATCH)
		await log.append(
			Array.from({ length: Math.min(BATCH, messages - done) }, () => {
				const timestamp = Date.now();
				return {
					kind: "message" as const,
					conversationId,
					senderId,
					messageId: createMessageId(timestamp),
					timestamp,
					clientMessageId: null,
					body,
				};
			}),
		);
}

/** Requests a page. @throws {Error} unless the answer has 50 entries */
async function page(
	agent: Agent,
	port: number,
	path: string,
	token: string,
): Promise<void> {
	const text = await new Promise<string>((resolve, reject) => {
		request(
			{ agent, port, path, headers: { Authorization: `Bearer ${token}` } },
			(answer) => {
				let body = "";
				answer.setEncoding("latin1");
				answer.on("data", (chunk: string) => {
					body += chunk;
				});
				answer.on("end", () => resolve(body));
			},
		)
			.on("error", reject)
			.end();
	});
	if (text.split('"message_id"').length !== 51)
		throw new Error(`the answer is not a page of 50: ${text.slice(0, 200)}`);
}
