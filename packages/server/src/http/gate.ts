import {
	createServer,
	type IncomingMessage,
	type RequestListener,
	type Server,
	type ServerOptions,
	type ServerResponse,
} from "node:http";
import type { Duplex } from "node:stream";
import { bearerToken } from "../auth/identify.ts";
import type { Turns } from "../fair/turns.ts";
import { Backlogs } from "../gateway/backlog.ts";
import { KernelQueues } from "../gateway/kernel-queue.ts";
import { refuseUpgrade } from "../gateway/refuse-upgrade.ts";
import { HttpRefusal } from "../http-refusal.ts";
import { AnswerBacklog } from "./answer-backlog.ts";
import { refusalOfParser, refuse } from "./refusals.ts";

export interface GateOptions {
	/** Turns in which requests start, by their `Authorization` header; absent if all requests start immediately. */
	readonly turns?: Turns;
	/** Checks each request before any other code handles it. */
	readonly check?: (request: IncomingMessage) => HttpRefusal | undefined;
}

interface Exchange {
	readonly request: IncomingMessage;
	readonly response: ServerResponse;
}

/** Requests of one socket that have no answer yet. */
interface RequestQueue {
	current: ServerResponse | undefined;
	readonly waiting: Exchange[];
	/** Whether the answer to the last request in the queue says `Connection: close`. Later requests are dropped. */
	isClosed: boolean;
}

/**
 * Maximum number of requests of one socket that wait behind the request in progress. Browsers and client libraries send
 * no such requests.
 */
const MAX_WAITING = 16;
/** The gate closes a socket if its peer takes no byte of an answer for this many milliseconds. */
const STALL_MS = 30_000;
/** Longer than proxies keep an idle connection, so that no proxy sends a request into a connection that is closing. */
const KEEP_ALIVE_MS = 72_000;
/** Owner of requests without a token. Handshakes have a different owner, so that these requests do not delay them. */
const WITHOUT_TOKEN = "without a token";
const HEALTH = /^\/(?:healthz|readyz)(?:\?|$)/;

/**
 * Stands between Node's HTTP server and a framework. Node passes on pipelined requests as fast as it parses them: 64
 * KiB hold hundreds, and each may request a page. The gate starts one request of a socket at a time, in the users'
 * turns. It closes the sockets of peers that take nothing of their answers. It gives every error that the server itself
 * detects the shape `{"error": ...}`.
 */
export class Gate {
	readonly #options: GateOptions;
	readonly #queues = new WeakMap<Duplex, RequestQueue>();
	readonly #backlogs = new Backlogs({
		maxBacklogBytes: Number.MAX_SAFE_INTEGER,
		maxTotalBacklogBytes: Number.MAX_SAFE_INTEGER,
		stallMs: STALL_MS,
	});
	readonly #kernel = new KernelQueues();

	constructor(options: GateOptions) {
		this.#options = options;
	}

	/**
	 * Returns whether a request of this socket is in progress. The client would take anything else that is written now
	 * for the answer to it.
	 */
	isBusy(socket: Duplex): boolean {
		return this.#queues.get(socket)?.current !== undefined;
	}

	/** Creates an HTTP server that passes requests to `handle` through this gate. */
	server(options: ServerOptions, handle: RequestListener): Server {
		const enter = (request: IncomingMessage, response: ServerResponse): void =>
			this.#enter({ request, response }, handle);
		// Node's own answer to a missing Host header has no body, so the gate checks the header.
		const server = createServer(
			{ ...options, requireHostHeader: false },
			enter,
		);
		server.keepAliveTimeout = KEEP_ALIVE_MS;
		server.on("checkExpectation", (request: IncomingMessage, response) =>
			this.#enter({ request, response }, () =>
				refuse(response, new HttpRefusal(417, "expectation failed")),
			),
		);
		server.on("connect", (_request: IncomingMessage, socket: Duplex) => {
			if (this.isBusy(socket)) socket.destroy();
			else refuseUpgrade(socket, new HttpRefusal(405, "method not allowed"));
		});
		server.on("clientError", (error: Error, socket: Duplex) =>
			this.#refuseSocket(error, socket),
		);
		return server;
	}

	#enter(exchange: Exchange, handle: RequestListener): void {
		const { socket } = exchange.request;
		let queue = this.#queues.get(socket);
		if (!queue) {
			queue = { current: undefined, waiting: [], isClosed: false };
			this.#queues.set(socket, queue);
		}
		if (queue.isClosed) return;
		if (!queue.current) {
			this.#start(queue, exchange, handle);
			return;
		}
		// Paused only now: a pause while the body of the request in progress is arriving would never end.
		socket.pause();
		if (queue.waiting.length < MAX_WAITING) {
			queue.waiting.push(exchange);
			return;
		}
		queue.isClosed = true;
		const last = queue.waiting.at(-1);
		if (last) last.response.shouldKeepAlive = false;
	}

	#start(
		queue: RequestQueue,
		exchange: Exchange,
		handle: RequestListener,
	): void {
		const { request, response } = exchange;
		const { socket } = request;
		queue.current = response;
		const answer = new AnswerBacklog(socket, this.#kernel);
		response.once("prefinish", () => {
			if (answer.backlogBytes > 0) this.#backlogs.changed(answer);
		});
		response.once("close", () => {
			this.#backlogs.remove(answer);
			queue.current = undefined;
			if (socket.destroyed) return;
			const next = queue.waiting.shift();
			if (next) this.#start(queue, next, handle);
			else if (!queue.isClosed) socket.resume();
		});
		const refusal = this.#check(request);
		if (refusal) {
			refuse(response, refusal);
			return;
		}
		const { turns } = this.#options;
		if (!turns || HEALTH.test(request.url ?? "")) handle(request, response);
		else
			turns.run(bearerToken(request) ?? WITHOUT_TOKEN, () => {
				if (!socket.destroyed) handle(request, response);
			});
	}

	#check(request: IncomingMessage): HttpRefusal | undefined {
		// RFC 9112, section 3.2, requires a Host header.
		if (request.httpVersion === "1.1" && request.headers.host === undefined)
			return new HttpRefusal(400, "the header Host is required", {
				Connection: "close",
			});
		return this.#options.check?.(request);
	}

	/** Answers bytes that the parser cannot read, or a request that did not arrive in time. */
	#refuseSocket(error: NodeJS.ErrnoException, socket: Duplex): void {
		const queue = this.#queues.get(socket);
		// The error belongs to the newest request. Before that request's turn, the client would take the answer for that of
		// an earlier request.
		if (
			error.code === "ECONNRESET" ||
			!socket.writable ||
			queue?.current?.headersSent ||
			// The current request was read completely, so the error is in the bytes after it. Its own answer is still to
			// come.
			queue?.current?.req.complete ||
			(queue && queue.waiting.length > 0)
		)
			socket.destroy();
		else refuseUpgrade(socket, refusalOfParser(error));
	}
}
