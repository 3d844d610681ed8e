import { connect, createServer, type Server, type Socket } from "node:net";
import { between, oneOf, type Random } from "../random.ts";

/** Disturbance of a connection after a number of bytes. */
export type Trouble = "delay" | "reset" | "stall" | "half-close";
const TROUBLES: readonly [Trouble, ...Trouble[]] = [
	"delay",
	"reset",
	"stall",
	"half-close",
];

const LATEST_BYTE = 60_000;
const LONGEST_DELAY_MS = 40;

interface Pair {
	readonly client: Socket;
	readonly server: Socket;
}

/**
 * TCP proxy that disturbs connections after some bytes. The seed determines the number of bytes and the disturbance.
 */
export class TcpProxy {
	/** Number of connections per disturbance. */
	readonly done = new Map<Trouble, number>();
	readonly #server: Server;
	readonly #pairs = new Set<Pair>();
	#target = "";
	#random: Random | undefined;

	private constructor(server: Server) {
		this.#server = server;
		server.on("connection", (client) => this.#onConnection(client));
	}

	static async listen(): Promise<TcpProxy> {
		// The proxy half-closes connections itself.
		const server = createServer({ allowHalfOpen: true, noDelay: true });
		await new Promise<void>((resolve) =>
			server.listen({ port: 0, host: "127.0.0.1" }, resolve),
		);
		return new TcpProxy(server);
	}

	/** Starts the proxy. @param target `host:port` of the server */
	endpoint(target: string): string {
		this.#target = target;
		const address = this.#server.address();
		return `127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
	}

	/** Starts to disturb connections, including open ones. */
	trouble(random: Random): void {
		this.#random = random;
		for (const pair of this.#pairs) this.#plan(pair, random);
	}

	/** Stops the disturbances and cuts disturbed connections, as a network eventually does. */
	heal(): void {
		this.#random = undefined;
		for (const { client, server } of this.#pairs) {
			client.destroy();
			server.destroy();
		}
	}

	async close(): Promise<void> {
		this.heal();
		await new Promise((resolve) => this.#server.close(resolve));
	}

	#onConnection(client: Socket): void {
		const [host = "", port] = this.#target.split(":");
		const server = connect({
			host,
			port: Number(port),
			allowHalfOpen: true,
			noDelay: true,
		});
		const pair: Pair = { client, server };
		this.#pairs.add(pair);
		for (const [from, to] of [
			[client, server],
			[server, client],
		] as const) {
			from.pipe(to);
			// "close" follows a reset or an end on both sides. Nothing more can pass.
			from.on("error", () => {});
			from.once("close", () => {
				to.destroy();
				this.#pairs.delete(pair);
			});
		}
		if (this.#random) this.#plan(pair, this.#random);
	}

	#plan(pair: Pair, random: Random): void {
		const what = oneOf(random, TROUBLES);
		const [from, to] = oneOf(random, [
			[pair.client, pair.server],
			[pair.server, pair.client],
		] as const);
		const delayMs = between(random, 1, LONGEST_DELAY_MS);
		let left = between(random, 0, LATEST_BYTE);
		const onData = (chunk: Buffer): void => {
			left -= chunk.length;
			if (left > 0 || this.#random === undefined) return;
			this.done.set(what, (this.done.get(what) ?? 0) + 1);
			if (what !== "delay") from.off("data", onData);
			switch (what) {
				case "delay":
					from.unpipe(to);
					from.pause();
					setTimeout(() => from.pipe(to), delayMs);
					left = between(random, 0, LATEST_BYTE);
					break;
				case "reset":
					pair.client.resetAndDestroy();
					pair.server.resetAndDestroy();
					break;
				case "stall":
					from.unpipe(to);
					from.pause();
					break;
				case "half-close":
					from.unpipe(to);
					from.resume();
					to.end();
			}
		};
		from.on("data", onData);
	}
}
