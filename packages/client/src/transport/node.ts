import { WebSocket } from "ws";
import type { OpenSocket } from "./transport.ts";

/** Time for the peer to answer a close frame before the socket is cut. */
const GOODBYE_MS = 2000;
const MAX_BODY_CHARACTERS = 4096;

/**
 * Opens a socket with `ws`. Unlike Node's own WebSocket, `ws` shows pings and refusals, and works on every Node
 * version.
 */
export const openSocket: OpenSocket = (url, protocols, handlers) => {
	const ws = new WebSocket(url, protocols, { perMessageDeflate: false });
	let isDropped = false;
	let bytes: { readonly bytesRead: number } | undefined;
	ws.on("upgrade", ({ socket }) => {
		bytes = socket;
	});
	ws.on("open", () => {
		if (!isDropped) handlers.opened();
	});
	ws.on("message", (data, isBinary) => {
		if (!isDropped)
			handlers.message(isBinary ? undefined : (data as Buffer).toString());
	});
	ws.on("ping", () => {
		if (!isDropped) handlers.alive();
	});
	ws.on("unexpected-response", (_request, response) => {
		let body = "";
		response.setEncoding("utf8");
		response.on("data", (text: string) => {
			if (body.length < MAX_BODY_CHARACTERS) body += text;
		});
		const done = (): void => {
			if (isDropped) return;
			isDropped = true;
			handlers.answered(
				response.statusCode ?? 0,
				body,
				response.headers["retry-after"] ?? null,
			);
			ws.terminate();
		};
		response.on("end", done);
		response.on("error", done);
		response.on("aborted", done);
	});
	// The `close` event that follows carries the result.
	ws.on("error", () => {});
	ws.on("close", (code, reason) => {
		if (!isDropped) handlers.closed(code, reason.toString());
	});
	return {
		send: (text) => ws.send(text),
		get received() {
			return bytes?.bytesRead ?? 0;
		},
		get pending() {
			return ws.bufferedAmount;
		},
		drop(code, reason) {
			isDropped = true;
			// Before the socket opens, there is no peer to send a close frame to.
			if (ws.readyState !== WebSocket.OPEN) return ws.terminate();
			ws.close(code, reason);
			const timer = setTimeout(() => ws.terminate(), GOODBYE_MS);
			ws.once("close", () => clearTimeout(timer));
		},
	};
};
