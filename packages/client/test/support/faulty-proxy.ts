/** A TCP proxy with the faults of networks: cuts, stalls, delays, half-closes. It alters no byte. */
import {
	type AddressInfo,
	createServer,
	type Server,
	type Socket,
	connect as tcp,
} from "node:net";
import { onTestFinished } from "vitest";

export type Direction = "up" | "down" | "both";

/** One direction of one connection: bytes in order, each not before its time. */
class Pipe {
	readonly #from: Socket;
	readonly #to: Socket;
	/** `undefined` marks the end. */
	readonly #queue: { data: Buffer | undefined; at: number }[] = [];
	#timer: NodeJS.Timeout | undefined;
	#isHeld = false;
	/** Bytes that still pass before `cut` is called. */
	#left = Number.POSITIVE_INFINITY;
	#cut: () => void = () => {};
	delayMs = 0;

	constructor(from: Socket, to: Socket) {
		this.#from = from;
		this.#to = to;
		from.on("data", (data: Buffer) => this.#push(data));
		from.on("end", () => this.#push(undefined));
	}

	hold(isHeld: boolean): void {
		this.#isHeld = isHeld;
		this.#flush();
	}

	cutAfter(bytes: number, cut: () => void): void {
		this.#left = bytes;
		this.#cut = cut;
	}

	stop(): void {
		clearTimeout(this.#timer);
		this.#queue.length = 0;
	}

	#push(data: Buffer | undefined): void {
		this.#queue.push({ data, at: performance.now() + this.delayMs });
		this.#flush();
	}

	#flush(): void {
		clearTimeout(this.#timer);
		while (!this.#isHeld) {
			const [first] = this.#queue;
			if (first === undefined) return;
			const early = first.at - performance.now();
			if (early > 0) {
				this.#timer = setTimeout(() => this.#flush(), early);
				return;
			}
			this.#queue.shift();
			this.#pass(first.data);
		}
	}

	#pass(data: Buffer | undefined): void {
		if (data === undefined) {
			this.#to.end();
			return;
		}
		const part = data.subarray(0, this.#left);
		this.#left -= part.length;
		if (!this.#to.writable) return;
		if (this.#left > 0) {
			this.#to.write(part);
			return;
		}
		// Bytes that passed must arrive: a reset would discard them.
		this.#to.end(part);
		this.#from.destroy();
		this.#cut();
	}
}

/** A client's connection and its connection to the server. */
class Link {
	readonly #client: Socket;
	readonly #server: Socket;
	readonly #up: Pipe;
	readonly #down: Pipe;
	/** Whether data is held back permanently. */
	#isFrozen = false;
	#isWebSocket = false;

	constructor(client: Socket, port: number, gone: () => void) {
		this.#client = client;
		this.#server = tcp({ port, host: "127.0.0.1", allowHalfOpen: true });
		this.#up = new Pipe(client, this.#server);
		this.#down = new Pipe(this.#server, client);
		client.once("data", (head: Buffer) => {
			this.#isWebSocket = /sec-websocket-key/i.test(head.toString("latin1"));
		});
		for (const socket of [client, this.#server]) {
			socket.setNoDelay(true);
			socket.on("error", () => this.cut("reset"));
			socket.on("close", () => {
				if (client.destroyed && this.#server.destroyed) gone();
			});
		}
	}

	#pipes(direction: Direction): Pipe[] {
		return [
			...(direction === "down" ? [] : [this.#up]),
			...(direction === "up" ? [] : [this.#down]),
		];
	}

	hold(direction: Direction): void {
		for (const pipe of this.#pipes(direction)) pipe.hold(true);
	}

	release(): void {
		if (this.#isFrozen) return;
		for (const pipe of this.#pipes("both")) pipe.hold(false);
	}

	/** Stops or resumes reading from the server, whose bytes then wait on its side. */
	slow(isSlow: boolean): void {
		if (isSlow) this.#server.pause();
		else this.#server.resume();
	}

	/** Returns false if the connection is not a WebSocket. */
	freeze(direction: Direction): boolean {
		if (!this.#isWebSocket) return false;
		this.#isFrozen = true;
		this.hold(direction);
		return true;
	}

	delay(ms: number): void {
		for (const pipe of this.#pipes("both")) pipe.delayMs = ms;
	}

	/** Cuts the connection after this many more bytes. */
	cutAfter(direction: "up" | "down", bytes: number): void {
		for (const pipe of this.#pipes(direction))
			pipe.cutAfter(bytes, () => this.cut("end"));
	}

	cut(how: "reset" | "end"): void {
		this.#up.stop();
		this.#down.stop();
		for (const socket of [this.#client, this.#server])
			if (how === "reset") socket.resetAndDestroy();
			else {
				socket.resume();
				socket.end(() => socket.destroySoon());
			}
	}

	/** Ends one direction; data in the other direction still arrives. */
	halfClose(towards: "client" | "server"): void {
		(towards === "client" ? this.#client : this.#server).end();
	}
}

export class FaultyProxy {
	/** Address of the server. */
	readonly #server: { readonly port: number };
	readonly #listener: Server;
	readonly #links = new Set<Link>();
	#isRefusing = false;
	#delayMs = 0;
	#held: Direction | undefined;
	#isSlow = false;
	/** Number of accepted connections. */
	accepted = 0;

	private constructor(server: { readonly port: number }) {
		this.#server = server;
		this.#listener = createServer({ allowHalfOpen: true }, (socket) =>
			this.#accept(socket),
		);
	}

	/** Starts a proxy on a free port. It closes after the test. */
	static async start(server: { readonly port: number }): Promise<FaultyProxy> {
		const proxy = new FaultyProxy(server);
		await new Promise<void>((resolve) =>
			proxy.#listener.listen(0, "127.0.0.1", resolve),
		);
		onTestFinished(() => proxy.close());
		return proxy;
	}

	/** `127.0.0.1:port` */
	get address(): string {
		return `127.0.0.1:${(this.#listener.address() as AddressInfo).port}`;
	}
	get connections(): number {
		return this.#links.size;
	}

	#accept(socket: Socket): void {
		if (this.#isRefusing) {
			socket.resetAndDestroy();
			return;
		}
		this.accepted++;
		const link = new Link(socket, this.#server.port, () =>
			this.#links.delete(link),
		);
		this.#links.add(link);
		link.delay(this.#delayMs);
		if (this.#held) link.hold(this.#held);
		if (this.#isSlow) link.slow(true);
	}

	/** Ends every connection. */
	cut(how: "reset" | "end"): void {
		for (const link of this.#links) link.cut(how);
	}

	cutAfter(direction: "up" | "down", bytes: number): void {
		for (const link of this.#links) link.cutAfter(direction, bytes);
	}

	halfClose(towards: "client" | "server"): void {
		for (const link of this.#links) link.halfClose(towards);
	}

	/** Holds back data until `resume`, on new connections too. */
	stall(direction: Direction): void {
		this.#held = direction;
		for (const link of this.#links) link.hold(direction);
	}

	resume(): void {
		this.#held = undefined;
		for (const link of this.#links) link.release();
	}

	/** Holds back data on the existing WebSockets permanently; new ones work. Returns their number. */
	freeze(direction: Direction): number {
		return [...this.#links].filter((link) => link.freeze(direction)).length;
	}

	/** Stops reading from the server, or resumes, on new connections too: the client reads slowly. */
	slow(isSlow: boolean): void {
		this.#isSlow = isSlow;
		for (const link of this.#links) link.slow(isSlow);
	}

	delay(ms: number): void {
		this.#delayMs = ms;
		for (const link of this.#links) link.delay(ms);
	}

	/** Resets every new connection, or stops doing so. */
	refuse(isRefusing: boolean): void {
		this.#isRefusing = isRefusing;
	}

	/** Ends all faults except the freezes. */
	heal(): void {
		this.resume();
		this.slow(false);
		this.refuse(false);
		this.delay(0);
	}

	close(): void {
		this.#listener.close();
		this.cut("reset");
	}
}
