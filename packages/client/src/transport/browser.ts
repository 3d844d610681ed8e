import type { OpenSocket } from "./transport.ts";

/** Opens the browser's own WebSocket. @throws {SyntaxError} if `url` is not a URL */
export const openSocket: OpenSocket = (url, protocols, handlers) => {
	const ws = new WebSocket(url, protocols);
	ws.onopen = () => handlers.opened();
	ws.onmessage = ({ data }: MessageEvent<unknown>) =>
		handlers.message(typeof data === "string" ? data : undefined);
	ws.onclose = ({ code, reason }) => handlers.closed(code, reason);
	return {
		send(text) {
			// The socket may be closing although `onclose` follows later. A browser then drops the text, and logs an error.
			if (ws.readyState === ws.OPEN) ws.send(text);
		},
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
