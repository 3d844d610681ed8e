import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { HttpRefusal } from "../http-refusal.ts";

/** Milliseconds that a refused peer may take to read the answer. */
const REFUSAL_TIMEOUT_MS = 30_000;

/** Writes an HTTP answer to a socket that no HTTP server manages. */
export function refuseUpgrade(socket: Duplex, refusal: HttpRefusal): void {
	socket.on("error", () => {});
	if (socket.destroyed) return;
	const { body, status, headers } = refusal;
	const all = {
		"Content-Type": "application/json; charset=utf-8",
		"Content-Length": String(Buffer.byteLength(body)),
		Connection: "close",
		...headers,
	};
	const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
	// A peer that keeps its side open would keep the socket open, because no other code closes it.
	const destroy = (): void => void socket.destroy();
	const timer = setTimeout(destroy, REFUSAL_TIMEOUT_MS).unref();
	socket.once("close", () => clearTimeout(timer));
	socket.once("finish", destroy);
	socket.end(
		`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("\r\n")}\r\n\r\n${body}`,
	);
}
