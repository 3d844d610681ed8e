/** A TCP proxy with faults: between a page and its server. */
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
	/** What the server said and the client has not got. */
	readonly withheld: Buffer[];
	/** `open`; `held`: the server's words wait; `dead`: nothing passes, and neither side is told. */
	state: "open" | "held" | "dead";
}

export class Relay {
	/** Where the server is; may change when it comes back elsewhere. */
	target: number;
	/** While true, whoever comes is turned away at once. */
	isDown = false;
	/** While set, a connection ends when its client sends these words. */
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

	/** On a free port, until the end of the test. */
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
	/** Everything that clients have sent, requests and frames alike. */
	get seen(): string {
		return this.#seen;
	}
	/** Handshakes and requests let through have come over so many connections. */
	get accepted(): number {
		return this.#accepted;
	}

	/** Ends every connection, without a word of the protocol. */
	cut(): void {
		for (const { client, server } of this.#pairs) {
			client.destroy();
			server.destroy();
		}
	}

	/** From now on nothing passes over the connections that are there, which stay open all the same. */
	deaden(): void {
		for (const pair of this.#pairs) {
			pair.state = "dead";
			pair.client.pause();
			pair.server.pause();
		}
	}

	/** Withholds what the server says on every connection, each from where these words come on. */
	holdAt(marker: string): void {
		this.#marker = marker;
	}

	/** Hands out what was withheld. */
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
