/**
 * The connection as a pure function: state and event in, next state and effects out. Sockets, timers, tokens and
 * probes are effects; {@link ./reconnecting-socket.ts} runs them.
 */
import type { CloseCode, HttpError } from "@secureconnect/protocol";
import { attemptAfter, MAX_ATTEMPTS } from "./backoff.ts";
import { ChatError, type ClientErrorCode } from "./errors.ts";

interface Carried {
	/** Number of failed attempts since the last success. */
	readonly attempts: number;
	/** See {@link ./backoff.ts}. */
	readonly restMs: number;
	/** Whether a rejected token was replaced and the new token is still unproven. */
	readonly renewed: boolean;
	/** Whether the browser reports a network. */
	readonly online: boolean;
	/**
	 * `handshake_failed` if the latest attempt got no answer, or if the server answers over HTTP but no WebSocket
	 * opens. Stays set until a later attempt opens or fails for a different reason.
	 */
	readonly problem: ChatError | undefined;
}

/**
 * State of a connection; `name` tells the states apart. The client leaves `failed` and `closed` only
 * on a call of the application, and `given_up` only after an external event. It leaves all other states by itself.
 * docs/client-connection.md lists the transitions.
 */
export type ConnectionState = Carried &
	/** Asks the application for a token. */
	(
		| { readonly name: "authorising" }
		| { readonly name: "connecting" }
		/** The socket did not open and a browser hides the reason: the client asks over REST. */
		| { readonly name: "probing" }
		/** `since`: milliseconds since 1970. */
		| { readonly name: "open"; readonly since: number }
		/**
		 * Waits `delayMs` before the next attempt. `ordered`: the server set this delay, so only `reconnect()`
		 * shortens it.
		 */
		| {
				readonly name: "waiting";
				readonly delayMs: number;
				readonly ordered: boolean;
		  }
		/**
		 * The browser reports no network. The client still makes an attempt every 30 s, because the report may be
		 * wrong.
		 */
		| { readonly name: "offline" }
		/**
		 * Ten attempts in a row failed. The next attempt starts when the network returns, the page becomes visible,
		 * or `reconnect()` is called.
		 */
		| { readonly name: "given_up" }
		/** A further attempt cannot succeed. Only `reconnect()` starts one. */
		| { readonly name: "failed"; readonly error: ChatError }
		/** Closed by the application, or by the server with code 1000. */
		| { readonly name: "closed" }
	);

export type ConnectionEvent =
	| { readonly type: "token_ready" }
	/** There is no token now. With an `error`, no further attempt can succeed: no token, or no access for the user. */
	| { readonly type: "failed"; readonly error?: ChatError | undefined }
	| { readonly type: "opened" }
	| {
			readonly type: "socket_closed";
			readonly code: number;
			readonly reason: string;
	  }
	/** The server's answer to a handshake, or to the probe after a handshake that failed in a browser. */
	| {
			readonly type: "answered";
			/** HTTP status; 0 if there was no answer. */
			readonly status: number;
			readonly error: string;
			readonly retryAfterMs: number;
	  }
	| { readonly type: "due" }
	| { readonly type: "online" }
	| { readonly type: "offline" }
	/** The page became visible again, or the machine woke up. */
	| { readonly type: "woken" }
	/** The socket reports that it is open, but the connection is dead. */
	| { readonly type: "stale" }
	/** Reconnect at once: after a gap, or to renew the token as the original protocol document requires. */
	| { readonly type: "renew"; readonly code: number; readonly reason: string }
	| { readonly type: "reconnect" }
	| { readonly type: "close" };

export type Effect =
	| { readonly type: "fetch_token"; readonly refused: boolean }
	| { readonly type: "open_socket" }
	| {
			readonly type: "drop_socket";
			readonly code: number;
			readonly reason: string;
	  }
	| { readonly type: "probe" }
	| { readonly type: "wait"; readonly ms: number };

type StateName = ConnectionState["name"];
type EventType = ConnectionEvent["type"];
type State<N extends StateName> = Extract<ConnectionState, { name: N }>;
type Event<T extends EventType> = Extract<ConnectionEvent, { type: T }>;

/** Input of a transition besides state and event. */
export interface Moment {
	/** Milliseconds since 1970. */
	readonly now: number;
	/** Uniformly distributed random number from 0 to 1. */
	readonly roll: number;
}

export interface Step {
	readonly state: ConnectionState;
	readonly effects: readonly Effect[];
}

type Cell<N extends StateName, T extends EventType> = (
	state: State<N>,
	event: Event<T>,
	moment: Moment,
) => Step;

/** One cell for every event in every state: a missing cell does not compile. */
type Table = {
	readonly [N in StateName]: { readonly [T in EventType]: Cell<N, T> };
};

/** Typed by the protocol's constants without importing them, so that a page does not load the whole package. */
export const NORMAL: typeof CloseCode.normal = 1000;
const GOING_AWAY: typeof CloseCode.goingAway = 1001;
const POLICY_VIOLATION: typeof CloseCode.policyViolation = 1008;
const INVALID_USER_ID: (typeof HttpError)["invalidUserId"] = "invalid user_id";
/** A token that worked for this long did not cause the end of the connection. */
const PROVED_MS = 10_000;
const OFFLINE_MS = 30_000;
/** Time limit for a handshake. */
export const CONNECT_MS = 15_000;
const REFUSED = "the server answers, but no WebSocket opens";
const UNANSWERED = `no answer to the handshake within ${CONNECT_MS / 1000} s`;
/** Private code (RFC 6455, 7.4.2). The server counts the connection as lost, so others see the user online longer. */
const GONE_FOR_NOW = 4000;

export const INITIAL: Step = authorise(
	{
		attempts: 0,
		restMs: 0,
		renewed: false,
		online: true,
		problem: undefined,
	},
	false,
);

/** Returns the next state and the effects of `event` in `state`. */
export function next(
	state: ConnectionState,
	event: ConnectionEvent,
	moment: Moment,
): Step {
	// The table pairs each state with each event; the compiler cannot follow the pairing through two look-ups.
	const cell = TABLE[state.name][event.type] as Cell<StateName, EventType>;
	return cell(state, event, moment);
}

function carried(from: Carried): Carried {
	const { attempts, restMs, renewed, online, problem } = from;
	return { attempts, restMs, renewed, online, problem };
}

function stay(state: ConnectionState): Step {
	return { state, effects: [] };
}

function authorise(from: Carried, refused: boolean, ...before: Effect[]): Step {
	return {
		state: { ...carried(from), name: "authorising" },
		effects: [...before, { type: "fetch_token", refused }],
	};
}

/** Retries at once and resets the failure counters. */
function afresh(from: Carried): Step {
	return authorise({ ...from, attempts: 0, restMs: 0, renewed: false }, false);
}

/** Retries at once and uses one of the remaining attempts. */
function again(state: Carried): Step {
	return authorise(state, false);
}

function wait(from: Carried, delayMs: number, ordered = false): Step {
	const ms = Math.round(delayMs);
	return from.online
		? {
				state: { ...carried(from), name: "waiting", delayMs: ms, ordered },
				effects: [{ type: "wait", ms }],
			}
		: unplugged(from, ms);
}

/** The browser's network report may be wrong, so attempts continue at a low rate. */
function unplugged(from: Carried, atLeastMs = 0): Step {
	return {
		state: { ...carried(from), name: "offline", online: false },
		effects: [{ type: "wait", ms: Math.max(OFFLINE_MS, atLeastMs) }],
	};
}

/** Counts one more failed attempt. */
function retry(
	from: Carried,
	{ roll }: Moment,
	atLeastMs = 0,
	problem?: ChatError,
): Step {
	if (from.attempts >= MAX_ATTEMPTS)
		return stay({ ...carried(from), problem, name: "given_up" });
	const { delayMs, restMs } = attemptAfter(from.attempts, roll, from.restMs);
	return wait(
		{ ...from, problem, attempts: from.attempts + 1, restMs },
		Math.max(atLeastMs, delayMs),
		atLeastMs > 0,
	);
}

function fail(
	from: Carried,
	code: ClientErrorCode,
	message: string,
	status?: number,
): Step {
	return over(from, { error: new ChatError(code, message, status) });
}

function over(from: Carried, { error }: { readonly error: ChatError }): Step {
	return stay({
		...carried(from),
		problem: undefined,
		name: "failed",
		error,
	});
}

function shut(state: Carried): Step {
	return stay({ ...carried(state), name: "closed" });
}

function shutSocket(state: Carried): Step {
	return {
		...shut(state),
		effects: [{ type: "drop_socket", code: NORMAL, reason: "" }],
	};
}

function online(state: ConnectionState): Step {
	return stay({ ...state, online: true });
}

function offline(state: ConnectionState): Step {
	return stay({ ...state, online: false });
}

/** The server rejected the token: replaces it once, then fails. */
function refused(from: Carried, message: string, status?: number): Step {
	return from.renewed
		? fail(from, "unauthorized", message, status)
		: authorise({ ...from, renewed: true }, true);
}

function answered(
	state: ConnectionState,
	{ status, error, retryAfterMs }: Event<"answered">,
	moment: Moment,
): Step {
	const said = `the server refused the connection: ${status} ${error}`;
	if (status === 401) return refused(state, said, status);
	return status === 400 || status === 403 || error === INVALID_USER_ID
		? fail(state, "bad_request", said, status)
		: retry(
				state,
				moment,
				retryAfterMs,
				status === 426 ? handshakeFailed(REFUSED) : undefined,
			);
}

function handshakeFailed(message: string): ChatError {
	return new ChatError("handshake_failed", message);
}

/** A browser, a proxy or the network delays the handshake. */
function unanswered(from: Carried, moment: Moment): Step {
	return dropping(retry(from, moment, 0, handshakeFailed(UNANSWERED)));
}

function lost(state: Carried, { roll }: Moment): Step {
	const { delayMs, restMs } = attemptAfter(-1, roll, 0);
	return wait({ ...state, restMs }, delayMs);
}

function socketClosed(
	state: State<"open">,
	{ code, reason }: Event<"socket_closed">,
	moment: Moment,
): Step {
	switch (code) {
		case NORMAL:
			return shut(state);
		case GOING_AWAY: {
			const [, ms] = /^retry_ms=(\d+)$/.exec(reason) ?? [];
			return ms === undefined
				? retry(state, moment)
				: wait(state, Number(ms), true);
		}
		case POLICY_VIOLATION:
			return refused(
				moment.now - state.since >= PROVED_MS
					? { ...state, renewed: false }
					: state,
				`the server closed the connection: ${reason || code}`,
			);
		case 1006:
			return lost(state, moment);
		default:
			return retry(state, moment);
	}
}

/** A socket may exist. Only a final error changes the state. */
function failed(
	state: State<"connecting" | "probing" | "open">,
	{ error }: Event<"failed">,
): Step {
	return error
		? { ...shutSocket(state), state: over(state, { error }).state }
		: stay(state);
}

/** Drops the socket before the other effects. */
function dropping({ state, effects }: Step): Step {
	return {
		state,
		effects: [
			{ type: "drop_socket", code: GONE_FOR_NOW, reason: "" },
			...effects,
		],
	};
}

/** Ignored in states without an attempt in progress. */
const NOT_EXPECTED = {
	token_ready: stay,
	failed: stay,
	opened: stay,
	socket_closed: stay,
	answered: stay,
	due: stay,
	stale: stay,
	renew: stay,
	reconnect: afresh,
	close: shut,
} as const;
/** Events that would shorten a wait have no effect here. */
const NO_HURRY = { online, offline, woken: stay, reconnect: stay } as const;

const TABLE: Table = {
	authorising: {
		...NOT_EXPECTED,
		...NO_HURRY,
		token_ready: (state) => ({
			state: { ...carried(state), name: "connecting" },
			effects: [{ type: "open_socket" }],
		}),
		failed: (state, { error }, moment) =>
			error ? over(state, { error }) : retry(state, moment),
		reconnect: again,
	},
	connecting: {
		...NOT_EXPECTED,
		...NO_HURRY,
		opened: (state, _, { now }) =>
			stay({
				...carried(state),
				name: "open",
				attempts: 0,
				restMs: 0,
				problem: undefined,
				since: now,
			}),
		socket_closed: (state) => ({
			state: { ...carried(state), name: "probing" },
			effects: [{ type: "probe" }],
		}),
		answered,
		failed,
		stale: (state, _, moment) => unanswered(state, moment),
		close: shutSocket,
	},
	probing: {
		...NOT_EXPECTED,
		...NO_HURRY,
		answered,
		failed,
	},
	open: {
		...NOT_EXPECTED,
		...NO_HURRY,
		socket_closed: socketClosed,
		failed,
		stale: (state, _, moment) => dropping(lost(state, moment)),
		renew: (state, { code, reason }) =>
			authorise(state, false, { type: "drop_socket", code, reason }),
		close: shutSocket,
	},
	waiting: {
		...NOT_EXPECTED,
		due: again,
		online: (state) =>
			state.ordered ? online(state) : again({ ...state, online: true }),
		offline: (state) => unplugged(state, state.ordered ? state.delayMs : 0),
		woken: (state) => (state.ordered ? stay(state) : again(state)),
	},
	offline: {
		...NOT_EXPECTED,
		due: again,
		online: (state) => again({ ...state, online: true }),
		offline: stay,
		woken: again,
	},
	given_up: {
		...NOT_EXPECTED,
		online: (state) => afresh({ ...state, online: true }),
		offline,
		woken: afresh,
	},
	failed: {
		...NOT_EXPECTED,
		...NO_HURRY,
		reconnect: (state) =>
			authorise({ ...state, attempts: 0, restMs: 0, renewed: true }, true),
	},
	closed: {
		...NOT_EXPECTED,
		...NO_HURRY,
		reconnect: afresh,
		close: stay,
	},
};
