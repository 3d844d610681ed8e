import type { OpenSocket } from "./transport.ts";

/** Opens the browser's own WebSocket. @throws {SyntaxError} if `url` is not a URL */
export const openSocket: OpenSocket = (url, protocols, handlers) => {
	const ws = new WebSocket(url, protocols);
	ws.onopen = handlers.opened;
	ws.onmessage = ({ data }: MessageEvent<unknown>) =>
		handlers.message(typeof data === "string" ? data : undefined);
	ws.onclose = (event) => handlers.closed(event.code, event.reason);
	return {
		// Not while the socket is closing (2) or closed (3): a browser would drop the text, and log an error.
		send: (text) => ws.readyState === 1 && ws.send(text),
		received: 0,
		get pending() {
			return ws.bufferedAmount;
		},
		drop(code, reason) {
			ws.onopen = ws.onmessage = ws.onclose = null;
			ws.close(code, reason);
		},
	};
};
