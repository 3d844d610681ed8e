/** A TCP proxy with faults, between a page and its server. */
import {
	type AddressInfo,
	createServer,
	connect as dial,
	type Socket,
} from "node:net";
import { onTestFinished } from "vitest";

interface Pair {
	readonly client: Socket;
	readonly server: Socket;
	/** Data that the server sent and the client has not received. */
	readonly withheld: Buffer[];
	/** `open`; `held`: the server's data waits; `dead`: no data passes, and neither side is informed. */
	state: "open" | "held" | "dead";
}

export class Relay {
	/** The server's port; changes when the server returns on a different one. */
	target: number;
	/** While true, every new connection is closed at once. */
	isDown = false;
	/** While set, a connection ends when its client sends this text. */
	turnsAway: string | undefined;
	readonly port: number;
	readonly #pairs = new Set<Pair>();
	#seen = "";
	#accepted = 0;
	#marker: string | undefined;

	private constructor(port: number, target: number) {
		this.port = port;
		this.target = target;
	}

	/** Starts on a free port, until the end of the test. */
	static async start(target: number): Promise<Relay> {
		const listener = createServer();
		await new Promise<void>((resolve) =>
			listener.listen(0, "127.0.0.1", () => resolve()),
		);
		const { port } = listener.address() as AddressInfo;
		const relay = new Relay(port, target);
		listener.on("connection", (client) => relay.#accept(client));
		onTestFinished(() => {
			listener.close();
			relay.cut();
		});
		return relay;
	}

	get url(): string {
		return `http://127.0.0.1:${this.port}`;
	}
	/** All data that clients have sent, requests and frames. */
	get seen(): string {
		return this.#seen;
	}
	/** Number of connections that carried accepted handshakes and requests. */
	get accepted(): number {
		return this.#accepted;
	}

	/** Ends every connection without a close frame. */
	cut(): void {
		for (const { client, server } of this.#pairs) {
			client.destroy();
			server.destroy();
		}
	}

	/** Stops all data on the existing connections, which stay open. */
	deaden(): void {
		for (const pair of this.#pairs) {
			pair.state = "dead";
			pair.client.pause();
			pair.server.pause();
		}
	}

	/** Withholds the server's data on every connection from this text on. */
	holdAt(marker: string): void {
		this.#marker = marker;
	}

	/** Whether data of the server waits for {@link release}. */
	get isHolding(): boolean {
		return [...this.#pairs].some(({ state }) => state === "held");
	}

	/** Releases the withheld data. */
	release(): void {
		this.#marker = undefined;
		for (const pair of this.#pairs) {
			if (pair.state !== "held") continue;
			pair.state = "open";
			for (const chunk of pair.withheld.splice(0)) pair.client.write(chunk);
		}
	}

	#accept(client: Socket): void {
		if (this.isDown) {
			client.on("error", () => {});
			client.destroy();
			return;
		}
		this.#accepted++;
		const server = dial(this.target, "127.0.0.1");
		const pair: Pair = { client, server, withheld: [], state: "open" };
		this.#pairs.add(pair);
		for (const socket of [client, server]) {
			socket.setNoDelay();
			socket.on("error", () => {});
			socket.on("close", () => {
				if (pair.state === "dead") return;
				this.#pairs.delete(pair);
				client.destroy();
				server.destroy();
			});
		}
		client.on("data", (chunk) => {
			if (this.turnsAway !== undefined && chunk.includes(this.turnsAway)) {
				client.destroy();
				return;
			}
			this.#seen += chunk.toString("latin1");
			server.write(chunk);
		});
		server.on("data", (chunk) => {
			if (this.#marker !== undefined && chunk.includes(this.#marker))
				pair.state = "held";
			if (pair.state === "held") pair.withheld.push(chunk);
			else client.write(chunk);
		});
	}
}
