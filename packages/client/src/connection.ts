import type { ClientFrame } from "@secureconnect/protocol";
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
import type { Endpoint } from "./endpoint.ts";
import type { EnvironmentEvent } from "./environment.ts";
import { ChatError } from "./errors.ts";
import { writeFrame } from "./frames.ts";
import { Liveness } from "./liveness.ts";
import { timeout } from "./rest.ts";
import { invalidToken, leadMs, type TokenSource } from "./token.ts";
import type { Socket } from "./transport/transport.ts";

/** `"v1"`: the whole of it. `"seed"`: what the protocol document alone has, for servers that know nothing else. */
export type Protocol = "v1" | "seed";

export interface ConnectionHandlers {
	changed(state: ConnectionState): void;
	opened(): void;
	message(text: string | undefined): void;
	/** The socket is gone. @param code the close code; 1006 where this side let go of it */
	down(code: number): void;
	/** Where to go on from, as the query has it. */
	cursor(): Readonly<Record<string, string>>;
	/** Resolves when nothing is on its way that a close would leave unanswered. */
	settled(): Promise<void>;
}

const PROBE_MS = 10_000;
/** The server's pings come every so often; where they cannot be seen, silence for longer than this is looked into. */
const PING_MARGIN_MS = 5000;
const RENEW_AGAIN_MS = 1000;
/** Timers run over beyond it (2^31 - 1 ms). */
const LONGEST_TIMER_MS = 2_147_483_647;

/** One conversation's connection: runs the effects of {@link ./connection-state.ts}. */
export class Connection {
	readonly #endpoint: Endpoint;
	readonly #conversationId: string;
	readonly #tokens: TokenSource;
	readonly #protocol: Protocol;
	readonly #handlers: ConnectionHandlers;
	readonly #liveness: Liveness;
	#state: ConnectionState = INITIAL.state;
	#socket: Socket | undefined;
	/** The close code of the socket that was open last. */
	#lastCode = 1006;
	/** The token in use. */
	#token = "";
	/** The last effect whose outcome is waited for; what an earlier one brings is too late. */
	#turn = 0;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#renewal: ReturnType<typeof setTimeout> | undefined;
	/** Of the token in use, milliseconds since 1970 by this machine's clock. */
	#endsAt = 0;

	constructor(
		endpoint: Endpoint,
		conversationId: string,
		tokens: TokenSource,
		protocol: Protocol,
		handlers: ConnectionHandlers,
	) {
		this.#endpoint = endpoint;
		this.#conversationId = conversationId;
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

	start(online: boolean): void {
		this.#become({ ...INITIAL, state: { ...INITIAL.state, online } });
	}

	dispatch(event: ConnectionEvent): void {
		// Also where the application does not answer.
		if (event.type === "reconnect") this.#tokens.abandon();
		this.#become(
			next(this.#state, event, { now: Date.now(), roll: Math.random() }),
		);
	}

	/**
	 * Sends a frame; false where there is no open connection to send it on.
	 * @throws what the platform throws over a message, which would be no better on another connection
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

	/** The server's intervals are known. */
	watch(pingMs: number): void {
		this.#liveness.watch(pingMs + PING_MARGIN_MS);
	}

	/** A message has been without an answer for so many milliseconds: is anybody there? */
	suspect(ms: number): void {
		this.#liveness.suspect(ms);
	}

	/** The server answered what was sent last. */
	answered(): void {
		this.#liveness.answered();
	}

	/** The page was looked at again, the network came back: what seemed open may be dead. */
	noticed(type: EnvironmentEvent): void {
		this.dispatch({ type });
		if (this.isOpen && type !== "offline") this.#liveness.check();
	}

	/** The token in use is good for this long, or no more. Renews it in time. */
	expiresIn(ms: number): void {
		this.#endsAt = Date.now() + ms;
		this.renewLater();
	}

	/** A new token could not be had, or was refused: it is asked for again while there is time. */
	renewLater(): void {
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

	/** Unless something else has begun since. */
	#report(turn: number, event: ConnectionEvent): void {
		if (turn === this.#turn) this.dispatch(event);
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

	/** A {@link ChatError} says that asking again is of no use. */
	#tokenFailed(turn: number, error: unknown): void {
		this.#report(turn, {
			type: "token_failed",
			error: error instanceof ChatError ? error : undefined,
		});
	}

	#open(turn: number): void {
		const v1 = this.#protocol === "v1";
		const query = new URLSearchParams({
			conversation_id: this.#conversationId,
			...this.#handlers.cursor(),
			// The document's way, for servers that know no other: the token ends up in logs.
			...(v1 ? {} : { access_token: this.#token }),
		});
		this.#after(CONNECT_MS, { type: "stale" });
		try {
			this.#socket = openSocket(
				`${this.#endpoint.chat}?${query}`,
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
			// A token that no subprotocol can hold; what the platform says of it repeats it.
			queueMicrotask(() => this.#tokenFailed(turn, invalidToken()));
		}
	}

	async #probe(turn: number): Promise<void> {
		const query = new URLSearchParams({
			conversation_id: this.#conversationId,
		});
		try {
			const response = await fetch(`${this.#endpoint.probe}?${query}`, {
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
		// A v1 server says welcome at once.
		if (this.#protocol === "v1") this.#liveness.expect();
		else if (expiresAt !== undefined) this.expiresIn(expiresAt - Date.now());
		this.#handlers.opened();
	}

	#closed(): void {
		clearTimeout(this.#renewal);
		this.#liveness.stop();
		this.#handlers.down(this.#lastCode);
	}

	/** Always answered, so it doubles as the question whether anybody is there. */
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
			this.renewLater();
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
		// A proxy's page.
		error = body.slice(0, 100);
	}
	// Seconds; a date, which it may also be, is for the schedule to cover (RFC 9110, section 10.2.3).
	const seconds = Number(retryAfter);
	return {
		type: "answered",
		status,
		error,
		retryAfterMs: Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : 0,
	};
}
