import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type Answer, AnswerReader } from "./answers.ts";
import type { Tally } from "./tally.ts";

type Method = "GET" | "POST" | "DELETE";

/** REST request without its token. */
export interface Request {
	readonly method: Method;
	readonly path: string;
	/** JSON text. */
	readonly body?: string;
}

/** Pause before an abuser connects again, so that it does not spend its core on refused connections. */
const RECONNECT_MS = 20;

export function requestText(
	{ method, path, body }: Request,
	token: string,
): string {
	const content =
		body === undefined
			? ""
			: `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
	return `${method} ${path} HTTP/1.1\r\nHost: abuse\r\nAuthorization: Bearer ${token}\r\n${content}\r\n${body ?? ""}`;
}

/** Keep-alive connection. Requests may be pipelined; answers arrive in the same order. */
export class RestConnection {
	readonly socket: Socket;
	readonly #waiting: {
		resolve: (answer: Answer) => void;
		reject: (error: Error) => void;
	}[] = [];
	#gone: Error | undefined;

	constructor(port: number) {
		this.socket = connect({ port, host: "127.0.0.1", noDelay: true });
		const reader = new AnswerReader((answer) =>
			this.#waiting.shift()?.resolve(answer),
		);
		this.socket.on("data", (chunk) => reader.read(chunk));
		this.socket.on("error", (error) => this.#fail(error));
		this.socket.on("close", () => this.#fail(new Error("closed")));
	}

	/** Sends a request. @throws {Error} if the connection ends before the answer */
	send(text: string): Promise<Answer> {
		if (this.#gone) return Promise.reject(this.#gone);
		return new Promise((resolve, reject) => {
			this.#waiting.push({ resolve, reject });
			this.socket.write(text);
		});
	}

	#fail(error: Error): void {
		this.#gone ??= error;
		for (const { reject } of this.#waiting.splice(0)) reject(this.#gone);
	}
}

/** Sends requests over one connection, each after the previous answer, until there is no next request. */
export async function loop(
	port: number,
	tally: Tally,
	next: () => string | undefined,
	onAnswer: (answer: Answer) => void = () => {},
): Promise<void> {
	let connection = new RestConnection(port);
	for (let text = next(); text !== undefined; text = next())
		try {
			const answer = await connection.send(text);
			tally.count(answer.status);
			tally.count("bytes", answer.bytes);
			onAnswer(answer);
		} catch (error) {
			tally.error(error as Error);
			await pause();
			connection = new RestConnection(port);
		}
	connection.socket.destroy();
}

/** The same over several connections at once. */
export async function loops(
	connections: number,
	...args: Parameters<typeof loop>
): Promise<void> {
	await Promise.all(Array.from({ length: connections }, () => loop(...args)));
}

/** Keeps a number of requests in flight on one connection, and opens it again when the server ends it. */
export async function pipeline(
	port: number,
	tally: Tally,
	text: string,
	depth: number,
): Promise<void> {
	for (;;) {
		const connection = new RestConnection(port);
		const ask = (howMany: number): void => {
			for (let i = 0; i < howMany; i++)
				void connection.send(text).then(
					({ status, bytes }) => {
						tally.count(status);
						tally.count("bytes", bytes);
						ask(1);
					},
					() => {},
				);
		};
		ask(depth);
		await ended(connection.socket, tally);
	}
}

/** Sends a text over one connection, reads nothing, and opens the connection again when the server ends it. */
export async function unread(
	port: number,
	tally: Tally,
	text: string,
): Promise<void> {
	for (;;) {
		const socket = connect({ port, host: "127.0.0.1", noDelay: true });
		socket.pause();
		socket.write(text);
		tally.count("connections");
		await ended(socket, tally);
	}
}

async function ended(socket: Socket, tally: Tally): Promise<void> {
	socket.on("error", (error) => tally.error(error));
	await once(socket, "close").catch(() => {});
	tally.count("ended");
	await pause();
}

export function pause(ms = RECONNECT_MS): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}
