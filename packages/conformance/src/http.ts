import { randomBytes } from "node:crypto";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import { PATIENCE_MS } from "./test-client.ts";
import { Failed } from "./verdict.ts";

export interface Answer {
	readonly status: number;
	readonly headers: IncomingHttpHeaders;
	readonly text: string;
	/** Time at which the request was sent, on the clock of `performance.now()`, after the wait for its turn. */
	readonly sentAt: number;
}

/** Returns the headers of a WebSocket handshake (RFC 6455, section 4.1). */
export function upgradeHeaders(): Record<string, string> {
	return {
		Connection: "Upgrade",
		Upgrade: "websocket",
		"Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Key": randomBytes(16).toString("base64"),
	};
}

/**
 * Sends one request over its own connection. A successful upgrade counts as an answer 101, and the connection is
 * closed.
 */
export function ask(
	url: URL,
	method: string,
	headers: Readonly<Record<string, string>>,
	body?: string,
): Promise<Answer> {
	const target = new URL(url);
	target.protocol = target.protocol.replace(/^ws/, "http");
	const make = target.protocol === "https:" ? httpsRequest : httpRequest;
	return new Promise((resolve, reject) => {
		const fail = (seen: string): void =>
			reject(new Failed(`an answer to ${method} ${target.pathname}`, seen));
		const sentAt = performance.now();
		const request = make(target, { method, headers, agent: false });
		request.setTimeout(PATIENCE_MS, () => {
			fail(`no answer within ${PATIENCE_MS / 1000} s`);
			request.destroy();
		});
		request.on("error", (error) => fail(error.message));
		request.on("upgrade", (response, socket) => {
			socket.on("error", () => {});
			socket.destroy();
			resolve({ status: 101, headers: response.headers, text: "", sentAt });
		});
		request.on("response", (response) => {
			let text = "";
			response.on("data", (chunk: Buffer) => {
				text += chunk.toString();
			});
			response.on("error", (error) => fail(error.message));
			response.on("end", () =>
				resolve({
					status: response.statusCode ?? 0,
					headers: response.headers,
					text,
					sentAt,
				}),
			);
		});
		request.end(body);
	});
}
