import type {
	ClientFrame,
	InboxServerFrameOf,
	ServerFrame,
} from "@secureconnect/protocol";
import {
	BEARER_SUBPROTOCOL_PREFIX,
	SUBPROTOCOL,
	TOKEN_REFRESH_REASON,
} from "@secureconnect/protocol/wire";
import { openSocket } from "#transport";
import {
	CONNECT_MS,
	type ConnectionEvent,
	type ConnectionState,
	type Effect,
	INITIAL,
	NORMAL,
	next,
	type Step,
} from "./connection-state.ts";
import {
	type EnvironmentEvent,
	isOnline,
	watchEnvironment,
} from "./environment.ts";
import { ChatError } from "./errors.ts";
import { writeFrame } from "./frames.ts";
import { timeout } from "./http-client.ts";
import { Liveness } from "./liveness.ts";
import { invalidToken, leadMs, type TokenSource } from "./token.ts";
import type { OpenSocket, Socket } from "./transport/transport.ts";

/**
 * Protocol version. `"v1"`: the full protocol. `"seed"`: only the original protocol document, for servers that
 * implement nothing else.
 */
export type Protocol = "v1" | "seed";

/** What a socket needs of the source of its tokens. */
export type SocketTokens = Pick<TokenSource, "get" | "abandon" | "claims">;

export interface ReconnectingSocketHandlers {
	changed(state: ConnectionState): void;
	opened(): void;
	message(text: string | undefined): void;
	/** The socket is closed. @param code the close code; 1006 if this side dropped the socket */
	down(code: number): void;
	/** Returns the query parameters of the handshake. */
	query(): object;
	/** Resolves when no sent message waits for an answer that a close would lose. */
	settled(): Promise<void>;
	/** Opens sockets in the place of the platform's transport. Read for each connection, after its token has arrived. */
	readonly open?: OpenSocket | undefined;
	/** Returns the error if the server will never serve this connection again, whatever the token is. */
	end(event: ConnectionEvent): ChatError | undefined;
}

type InboxFrame = InboxServerFrameOf["inbox"];

const PROBE_MS = 10_000;
/**
 * The server pings at a fixed interval. Where pings are hidden, a silence longer than the interval plus this margin
 * triggers a check.
 */
const PING_MARGIN_MS = 5000;
/** A private code (RFC 6455, section 7.4.2). */
const RESYNC = 4001;
const RENEW_AGAIN_MS = 1000;
/** Longest timer delay (2^31 - 1 ms). A larger value overflows, and the timer fires at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** Runs the effects of {@link ./connection-state.ts}: keeps one WebSocket open with a valid token. */
export class ReconnectingSocket {
	readonly #url: string;
	readonly #probeUrl: string;
	readonly #tokens: SocketTokens;
	readonly #protocol: Protocol;
	readonly #handlers: ReconnectingSocketHandlers;
	readonly #liveness: Liveness;
	#state: ConnectionState = INITIAL.state;
	#socket: Socket | undefined;
	/** Close code of the socket that was open last. */
	#lastCode = 1006;
	/** Current token. */
	#token = "";
	/** Number of the latest effect with a pending result. Results of earlier effects are ignored. */
	#turn = 0;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#renewal: ReturnType<typeof setTimeout> | undefined;
	/** Expiry of the current token, in milliseconds since 1970 by this machine's clock. */
	#endsAt = 0;
	#unwatch: () => void = () => {};

	/**
	 * Creates a socket.
	 * @param url `ws:` or `wss:`, without a query
	 * @param probeUrl the same for a plain request, with the parts of the query that identify the endpoint
	 */
	constructor(
		url: string,
		probeUrl: string,
		tokens: SocketTokens,
		protocol: Protocol,
		handlers: ReconnectingSocketHandlers,
	) {
		this.#url = url;
		this.#probeUrl = probeUrl;
		this.#tokens = tokens;
		this.#protocol = protocol;
		this.#handlers = handlers;
		this.#liveness = new Liveness(
			() => protocol === "v1" && this.#authenticate(),
			() => this.dispatch({ type: "stale" }),
			() => this.#socket,
		);
	}

	get state(): ConnectionState {
		return this.#state;
	}
	get isOpen(): boolean {
		return this.#state.name === "open";
	}

	/** Opens the first socket, or starts anew after an end. */
	start(): void {
		this.#unwatch();
		this.#unwatch = watchEnvironment((event) => this.noticed(event));
		const state = { ...INITIAL.state, online: isOnline() };
		this.#become({ ...INITIAL, state });
	}

	close(): void {
		this.#unwatch();
		this.dispatch({ type: "close" });
	}

	dispatch(event: ConnectionEvent): void {
		this.#become(
			next(this.#state, event, { now: Date.now(), roll: Math.random() }),
		);
	}

	/**
	 * Sends a frame; returns false if no connection is open.
	 * @throws the platform's error about a message, which would also fail on a new connection
	 */
	send(frame: ClientFrame): boolean {
		if (!this.isOpen || !this.#socket) return false;
		const text = writeFrame(frame);
		if (frame.type === "chat") this.#liveness.sent(text.length);
		try {
			this.#socket.send(text);
		} catch (error) {
			if (frame.type === "chat") throw error;
			this.dispatch({ type: "stale" });
			return false;
		}
		return true;
	}

	/** Handles a frame's part about the connection: when to check it, and when to renew the token. */
	heard(frame: ServerFrame | InboxFrame): void {
		switch (frame.type) {
			case "welcome":
			case "inbox":
				this.#liveness.watch(frame.intervals.pingMs + PING_MARGIN_MS);
				this.#expires(frame);
				break;
			case "auth_ok":
				this.answered();
				this.#expires(frame);
				break;
			case "error":
				if (frame.code === "unauthorized") this.#renewLater();
		}
	}

	/** Checks the connection: a message has had no answer for `ms` milliseconds. */
	suspect(ms: number): void {
		this.#liveness.suspect(ms);
	}

	/** Declares the socket dead unless data arrives in time: the server answers the latest frame. */
	expect(): void {
		this.#liveness.expect();
	}

	/** Records that the server answered the latest frame. */
	answered(): void {
		this.#liveness.answered();
	}

	/** Reconnects, because entries are missing. */
	resync(): void {
		this.dispatch({ type: "renew", code: RESYNC, reason: "gap" });
	}

	/** Retries at once, if the socket is neither open nor opening. */
	reconnect(): void {
		// Needed while the application's `token` call is still pending: otherwise the reconnect waits for it.
		this.#tokens.abandon();
		this.dispatch({ type: "reconnect" });
	}

	/** Handles a page that became visible or a network that returned: an open socket may be dead. */
	noticed(type: EnvironmentEvent): void {
		this.dispatch({ type });
		if (this.isOpen && type !== "offline") this.#liveness.check();
	}

	/** Computes the rest from the server's times, independent of this machine's clock. */
	#expires({
		timestamp,
		expiresAt,
	}: Pick<InboxFrame, "timestamp" | "expiresAt">): void {
		this.#expiresIn(Date.parse(expiresAt) - Date.parse(timestamp) || 0);
	}

	/** Sets the remaining validity of the current token and renews it in time. */
	#expiresIn(ms: number): void {
		this.#endsAt = Date.now() + ms;
		this.#renewLater();
	}

	/**
	 * Schedules the next attempt to renew the token, also after one failed or the server rejected the new token.
	 */
	#renewLater(): void {
		clearTimeout(this.#renewal);
		const left = Math.max(0, this.#endsAt - Date.now());
		const lead = leadMs(this.#tokens.claims.lifetimeMs ?? left);
		const wait = left > lead ? left - lead : Math.max(left / 2, RENEW_AGAIN_MS);
		this.#renewal = setTimeout(
			() => void this.#renew(),
			Math.min(wait, LONGEST_TIMER_MS),
		);
	}

	#become({ state, effects }: Step): void {
		const before = this.#state;
		this.#state = state;
		if (state.name !== before.name) clearTimeout(this.#timer);
		if (before.name === "open" && state.name !== "open") this.#closed();
		for (const effect of effects) this.#run(effect);
		if (state !== before) this.#handlers.changed(state);
		if (state.name === "open" && before.name !== "open") this.#opened();
	}

	#run(effect: Effect): void {
		switch (effect.type) {
			case "fetch_token":
				void this.#fetchToken(++this.#turn, effect.refused);
				break;
			case "open_socket":
				this.#open(++this.#turn);
				break;
			case "drop_socket":
				this.#socket?.drop(effect.code, effect.reason);
				this.#socket = undefined;
				break;
			case "probe":
				void this.#probe(++this.#turn);
				break;
			case "wait":
				this.#after(effect.ms, { type: "due" });
		}
	}

	#after(ms: number, event: ConnectionEvent): void {
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.dispatch(event), ms);
	}

	/** Dispatches `event` unless a newer effect has started. */
	#report(turn: number, event: ConnectionEvent): void {
		if (turn !== this.#turn) return;
		const error = this.#handlers.end(event);
		this.dispatch(error ? { type: "failed", error } : event);
	}

	async #fetchToken(turn: number, refused: boolean): Promise<void> {
		try {
			const token = await this.#tokens.get(refused ? this.#token : undefined);
			if (turn !== this.#turn) return;
			this.#token = token;
			this.dispatch({ type: "token_ready" });
		} catch (error) {
			this.#tokenFailed(turn, error);
		}
	}

	/** A {@link ChatError} means that asking again cannot succeed. */
	#tokenFailed(turn: number, error: unknown): void {
		this.#report(turn, {
			type: "failed",
			error: error instanceof ChatError ? error : undefined,
		});
	}

	#open(turn: number): void {
		const v1 = this.#protocol === "v1";
		// The URL turns numbers into text.
		const query = new URLSearchParams({
			...(this.#handlers.query() as Record<string, string>),
			// The original protocol document's way, for servers that accept no other: the token appears in logs.
			...(v1 ? {} : { access_token: this.#token }),
		});
		this.#after(CONNECT_MS, { type: "stale" });
		try {
			this.#socket = (this.#handlers.open ?? openSocket)(
				`${this.#url}?${query}`,
				v1 ? [SUBPROTOCOL, BEARER_SUBPROTOCOL_PREFIX + this.#token] : [],
				{
					opened: () => this.#report(turn, { type: "opened" }),
					message: (text) => {
						this.#liveness.alive();
						this.#handlers.message(text);
					},
					alive: () => this.#liveness.alive(),
					closed: (code, reason) => {
						this.#socket = undefined;
						this.#lastCode = code;
						this.#report(turn, { type: "socket_closed", code, reason });
					},
					answered: (status, body, retryAfter) =>
						this.#report(turn, answer(status, body, retryAfter)),
				},
			);
		} catch {
			// The token contains characters that a subprotocol cannot hold. The platform's error repeats the token,
			// so it is dropped.
			queueMicrotask(() => this.#tokenFailed(turn, invalidToken()));
		}
	}

	async #probe(turn: number): Promise<void> {
		try {
			const response = await fetch(this.#probeUrl, {
				headers: { Authorization: `Bearer ${this.#token}` },
				cache: "no-store",
				signal: timeout(PROBE_MS),
			});
			this.#report(
				turn,
				answer(
					response.status,
					await response.text(),
					response.headers.get("Retry-After"),
				),
			);
		} catch {
			this.#report(turn, answer(0, "", null));
		}
	}

	#opened(): void {
		const { expiresAt } = this.#tokens.claims;
		this.#lastCode = 1006;
		this.#liveness.alive();
		// A v1 server sends `welcome` at once.
		if (this.#protocol === "v1") this.#liveness.expect();
		else if (expiresAt !== undefined) this.#expiresIn(expiresAt - Date.now());
		this.#handlers.opened();
	}

	#closed(): void {
		clearTimeout(this.#renewal);
		this.#liveness.stop();
		this.#handlers.down(this.#lastCode);
	}

	/** Sends `auth`. The server always answers it, so it also serves as a liveness check. */
	#authenticate(): boolean {
		return this.send({ type: "auth", accessToken: this.#token });
	}

	async #renew(): Promise<void> {
		const turn = this.#turn;
		let token: string | undefined;
		try {
			token = await this.#tokens.get(this.#token);
		} catch (error) {
			this.#tokenFailed(turn, error);
		}
		if (turn !== this.#turn || !this.isOpen) return;
		if (token === undefined || token === this.#token) {
			this.#renewLater();
			return;
		}
		if (this.#protocol === "v1") {
			this.#token = token;
			this.#authenticate();
			return;
		}
		await this.#handlers.settled();
		if (turn === this.#turn && this.isOpen)
			this.dispatch({
				type: "renew",
				code: NORMAL,
				reason: TOKEN_REFRESH_REASON,
			});
	}
}

function answer(
	status: number,
	body: string,
	retryAfter: string | null,
): ConnectionEvent {
	let error = "";
	try {
		error = String((JSON.parse(body) as { error: unknown }).error);
	} catch {
		// The body is not JSON, for example a proxy's HTML page.
		error = body.slice(0, 100);
	}
	// A number means seconds. Retry-After may also be a date (RFC 9110, section 10.2.3); then the normal backoff
	// applies.
	const seconds = Number(retryAfter);
	return {
		type: "answered",
		status,
		error,
		retryAfterMs: Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : 0,
	};
}
