import { expect, test, vi } from "vitest";
import { openSocket } from "../src/transport/browser.ts";

/** Browser's WebSocket as far as the transport sends over it. */
class FakeWebSocket {
	static readonly opened: FakeWebSocket[] = [];
	readyState = 0;
	readonly bufferedAmount = 0;
	readonly sent: string[] = [];

	constructor() {
		FakeWebSocket.opened.push(this);
	}
	send(text: string): void {
		this.sent.push(text);
	}
}

test("a frame is not given to a WebSocket that is closing, because the browser would log an error", () => {
	vi.stubGlobal("WebSocket", FakeWebSocket);
	const nothing = (): void => {};
	const socket = openSocket("ws://127.0.0.1", [], {
		opened: nothing,
		message: nothing,
		alive: nothing,
		closed: nothing,
		answered: nothing,
	});
	vi.unstubAllGlobals();
	const [ws] = FakeWebSocket.opened;
	if (!ws) throw new Error("no WebSocket was created");
	for (const [state, text] of [
		[1, "open"],
		[2, "closing"],
		[3, "closed"],
	] as const) {
		ws.readyState = state;
		socket.send(text);
	}
	expect(ws.sent).toEqual(["open"]);
});
