import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import {
	type ClientFrame,
	isAmendment,
	parseClientFrame,
} from "@secureconnect/protocol";
import { expect, onTestFinished, test } from "vitest";
import { type WebSocket as Socket, WebSocketServer } from "ws";
import {
	type Frame,
	type Step,
	type Transcript,
	transcripts,
} from "../../server/test/support/transcript.ts";

/** Sample class of the original protocol document, unchanged. */
interface SampleClient {
	onChat(message: Frame): void;
	onTyping(message: Frame): void;
	onUserJoined(message: Frame): void;
	onUserLeft(message: Frame): void;
	sendChat(content: string, isEncrypted?: boolean): void;
	sendTyping(): void;
	close(): void;
	reconnect(): void;
}
type SampleClass = new (conversationId: string, token: string) => SampleClient;

const SHOWN = ["chat", "typing", "user_joined", "user_left"];

const parts = transcripts().flatMap((transcript) =>
	Object.keys(transcript.users).map((who) => ({
		name: transcript.name,
		who,
		transcript,
	})),
);

test.each(parts)(
	"the sample class of the protocol document plays $who's part of $name",
	async ({ who, transcript }) => {
		const server = new ScriptedServer();
		await server.listening;
		const Sample = sampleClass(server.port);
		const [seen, expected]: [Frame[], Frame[]] = [[], []];
		const caughtUp = async (): Promise<void> => {
			await expect.poll(() => seen.length).toBe(expected.length);
			expect(seen).toEqual(expected);
		};
		let client: SampleClient | undefined;
		let socket: Socket | undefined;
		for (const step of stepsOf(transcript, who)) {
			if ("connects" in step) {
				// The sample reconnects after every close but its own with 1000.
				client ??= listening(new Sample(transcript.conversation_id, "t"), seen);
				socket = await server.next();
			} else if ("receives" in step) {
				socket?.send(JSON.stringify(step.receives));
				if (SHOWN.includes(String(step.receives.type)))
					expected.push(step.receives);
			} else if ("sends" in step && socket && client) {
				const command = parsed(JSON.stringify(step.sends));
				if (command && say(client, command))
					expect(parsed(await nextText(socket))).toEqual(command);
			} else if ("closes" in step && socket && client) {
				// A WebSocket drops frames that arrive after close().
				await caughtUp();
				client.close();
				expect(await once(socket, "close")).toEqual([
					step.closes.code,
					Buffer.of(),
				]);
				client = undefined;
			} else if ("closed" in step) {
				socket?.close(step.closed.code, step.closed.reason);
			} else if ("breaks" in step) socket?.terminate();
		}
		await caughtUp();
		if (client) client.reconnect = () => {};
	},
);

/** Server that sends the frames of a test. */
class ScriptedServer {
	readonly #wss = new WebSocketServer({ host: "127.0.0.1", port: 0 });
	readonly #sockets: Socket[] = [];
	readonly listening = once(this.#wss, "listening");

	constructor() {
		this.#wss.on("connection", (socket) => this.#sockets.push(socket));
		onTestFinished(() => {
			for (const socket of this.#wss.clients) socket.terminate();
			this.#wss.close();
		});
	}

	get port(): number {
		return (this.#wss.address() as AddressInfo).port;
	}

	/** Returns the next connection, waiting or future. */
	async next(): Promise<Socket> {
		await expect.poll(() => this.#sockets.length).not.toBe(0);
		const socket = this.#sockets.shift();
		if (!socket) throw new Error("no connection");
		return socket;
	}
}

function sampleClass(port: number): SampleClass {
	const [source = ""] = readFileSync(
		new URL("fixtures/seed-chat-websocket.js", import.meta.url),
		"utf8",
	).split("// Usage");
	const quiet = { log() {}, error() {} };
	return new Function(
		"console",
		`${source.replace("localhost:8082", `127.0.0.1:${port}`)}; return ChatWebSocket;`,
	)(quiet) as SampleClass;
}

function listening(client: SampleClient, seen: Frame[]): SampleClient {
	const note = (frame: Frame): void => void seen.push(frame);
	return Object.assign(client, {
		onChat: note,
		onTyping: note,
		onUserJoined: note,
		onUserLeft: note,
	});
}

function stepsOf({ steps }: Transcript, who: string): Step[] {
	return steps.filter((step) => "as" in step && step.as === who);
}

function parsed(text: string): ClientFrame | undefined {
	const frame = parseClientFrame(text);
	// The sample class sends no amendments.
	return frame.ok && !isAmendment(frame.value.type)
		? (frame.value as ClientFrame)
		: undefined;
}

/** Sends with the sample class if it can: the class has no receipts and gives messages no ids. */
function say(client: SampleClient, frame: ClientFrame): boolean {
	if (frame.type === "typing") client.sendTyping();
	else if (frame.type === "chat" && frame.clientMessageId === undefined)
		client.sendChat(frame.content, frame.isEncrypted);
	else return false;
	return true;
}

async function nextText(socket: Socket): Promise<string> {
	const [data] = (await once(socket, "message")) as [Buffer];
	return data.toString();
}
