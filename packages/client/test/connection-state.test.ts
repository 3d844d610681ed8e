import { expect, test } from "vitest";
import { endOf } from "../src/channel.ts";
import {
	type ConnectionEvent,
	type ConnectionState,
	INITIAL,
	type Moment,
	next,
	type Step,
} from "../src/connection-state.ts";
import { ChatError } from "../src/errors.ts";

const NOON = 1_800_000_000_000;
const moment = (fields: Partial<Moment> = {}): Moment => ({
	now: NOON,
	roll: 0.5,
	...fields,
});

/** Applies events in sequence, and returns the last step. */
function after(
	events: readonly ConnectionEvent[],
	from: ConnectionState = INITIAL.state,
	at: Moment = moment(),
): Step {
	let step: Step = { state: from, effects: [] };
	for (const event of events) step = next(step.state, event, at);
	return step;
}

const OPEN = after([{ type: "token_ready" }, { type: "opened" }]).state;
const closed = (code: number, reason = ""): ConnectionEvent => ({
	type: "socket_closed",
	code,
	reason,
});
const answered = (
	status: number,
	error = "",
	retryAfterMs = 0,
): ConnectionEvent => ({ type: "answered", status, error, retryAfterMs });

test("requests a token, opens a socket, and becomes open", () => {
	expect(INITIAL.effects).toEqual([{ type: "fetch_token", refused: false }]);
	const connecting = after([{ type: "token_ready" }]);
	expect(connecting.state.name).toBe("connecting");
	expect(connecting.effects).toEqual([{ type: "open_socket" }]);
	expect(OPEN).toMatchObject({ name: "open", attempts: 0, since: NOON });
});

test("waits at most 1 s doubling to 30 s, and gives up after ten attempts", () => {
	const failing: ConnectionEvent[] = [
		{ type: "token_ready" },
		closed(1006),
		answered(0),
	];
	const waitsOf = (roll: (i: number) => number): number[] => {
		let { state } = after([closed(1006)], OPEN, moment({ roll: roll(-1) }));
		const waits: number[] = [];
		for (let i = 0; ; i++) {
			({ state } = after([{ type: "due" }], state));
			({ state } = after(failing, state, moment({ roll: roll(i) })));
			if (state.name !== "waiting") break;
			waits.push(state.delayMs);
		}
		expect(state.name).toBe("given_up");
		return waits;
	};
	const most = [1, 2, 4, 8, 16, 30, 30, 30, 30, 30].map((s) => s * 1000);
	const even = (i: number): number => (i % 2 === 0 ? 1 : 0);
	const odd = (i: number): number => (i % 2 === 0 ? 0 : 1);
	for (const roll of [() => 0, () => 0.25, () => 1, even, odd]) {
		const waits = waitsOf(roll);
		expect(waits).toHaveLength(10);
		for (const [i, ms] of waits.entries())
			expect(ms).toBeLessThanOrEqual(most[i] ?? 0);
	}
	const total = waitsOf(() => 0.5).reduce((sum, ms) => sum + ms, 0);
	expect(total).toBeGreaterThan(60_000);
	expect(total).toBeLessThan(90_000);
});

test("a successful attempt restarts the schedule", () => {
	const failed = after([
		{ type: "token_ready" },
		closed(1006),
		answered(0),
		{ type: "due" },
	]).state;
	expect(failed.attempts).toBe(1);
	expect(
		after([{ type: "token_ready" }, { type: "opened" }], failed).state,
	).toMatchObject({ name: "open", attempts: 0 });
});

test("handshake_failed marks a handshake that fails alone or gets no answer, until a later attempt ends differently", () => {
	const tooLate: ConnectionEvent[] = [
		{ type: "due" },
		{ type: "token_ready" },
		{ type: "stale" },
	];
	const first = after(tooLate.slice(1)).state;
	const problem = expect.objectContaining({ code: "handshake_failed" });
	expect(first).toMatchObject({ name: "waiting", problem });
	const trying = after(tooLate.slice(0, 2), first).state;
	expect(trying).toMatchObject({ name: "connecting", problem });
	expect(after([closed(1006), answered(426)], trying).state).toMatchObject({
		name: "waiting",
		problem,
	});
	expect(after([{ type: "opened" }], trying).state.problem).toBeUndefined();
	expect(after([answered(503)], trying).state.problem).toBeUndefined();
	expect(after([answered(400)], trying).state.problem).toBeUndefined();
	const last = after(Array.from({ length: 10 }, () => tooLate).flat(), first);
	expect(last.state).toMatchObject({ name: "given_up", problem });
});

test("does not reconnect by itself after 1000", () => {
	const { state } = after([closed(1000)], OPEN);
	expect(state.name).toBe("closed");
	const events: ConnectionEvent[] = [
		{ type: "due" },
		{ type: "online" },
		{ type: "woken" },
		{ type: "offline" },
		{ type: "stale" },
	];
	expect(after(events, state)).toMatchObject({
		state: { name: "closed" },
		effects: [],
	});
});

test("after 1006 the first retry is quick and randomised", () => {
	for (const [roll, delayMs] of [
		[0, 0],
		[0.5, 175],
		[1, 350],
	] as const)
		expect(after([closed(1006)], OPEN, moment({ roll })).state).toMatchObject({
			name: "waiting",
			delayMs,
			attempts: 0,
		});
});

test("retry_ms in a close reason sets the wait, regardless of network and page events", () => {
	const { state, effects } = after([closed(1001, "retry_ms=4321")], OPEN);
	expect(effects).toEqual([{ type: "wait", ms: 4321 }]);
	for (const type of ["online", "woken"] as const)
		expect(after([{ type }], state)).toMatchObject({
			state: { name: "waiting" },
			effects: [],
		});
	expect(after([{ type: "reconnect" }], state).state.name).toBe("authorising");
	expect(after([{ type: "due" }], state).state.name).toBe("authorising");
});

test("a 1001 without a time, 1011 and 1013 back off", () => {
	for (const code of [1001, 1011, 1013, 1012, 4000])
		expect(after([closed(code)], OPEN).state).toMatchObject({
			name: "waiting",
			delayMs: 325,
			attempts: 1,
		});
});

test("after 1008 the client gets one new token, then fails with the reason", () => {
	const renewing = after([closed(1008, "token expired")], OPEN);
	expect(renewing.state.name).toBe("authorising");
	expect(renewing.effects).toEqual([{ type: "fetch_token", refused: true }]);
	const reopened = after(
		[{ type: "token_ready" }, { type: "opened" }],
		renewing.state,
	).state;
	const soon = next(reopened, closed(1008, "token revoked"), moment());
	expect(soon.state).toMatchObject({
		name: "failed",
		error: {
			code: "unauthorized",
			message: expect.stringContaining("token revoked"),
		},
	});
	// A token that worked for a while is proven: after its end the client requests a new one.
	const later = next(
		reopened,
		closed(1008, "token expired"),
		moment({ now: NOON + 60_000 }),
	);
	expect(later.effects).toEqual([{ type: "fetch_token", refused: true }]);
});

test("a refusal for good fails with its error, and the client does not retry", () => {
	const error = new ChatError("removed", "removed from the conversation");
	const connecting = after([{ type: "token_ready" }]).state;
	const probing = after([{ type: "token_ready" }, closed(1006)]).state;
	for (const from of [connecting, probing, OPEN]) {
		const { state, effects } = after([{ type: "failed", error }], from);
		expect(state).toMatchObject({ name: "failed", error });
		expect(effects.filter(({ type }) => type !== "drop_socket")).toEqual([]);
	}
});

test.each([
	[closed(1008, "removed from the conversation"), "removed"],
	[closed(1008, "deleted"), "deleted"],
	[answered(403, "not a participant"), "forbidden"],
	[closed(1008, "token expired"), undefined],
	[closed(1000), undefined],
	[
		{ type: "failed", error: new ChatError("removed", "removed") } as const,
		undefined,
	],
	[answered(403, "origin not allowed"), undefined],
	[answered(401, "unauthorized"), undefined],
])("%o ends a conversation with %s", (event, code) => {
	expect(endOf(event)?.code).toBe(code);
});

test("an attempt that never opened is followed by one probe, which tells refusals apart", () => {
	const probing = after([{ type: "token_ready" }, closed(1006)]);
	expect(probing.state.name).toBe("probing");
	expect(probing.effects).toEqual([{ type: "probe" }]);
	const probed = (event: ConnectionEvent): Step =>
		after([event], probing.state);

	expect(probed(answered(401)).effects).toEqual([
		{ type: "fetch_token", refused: true },
	]);
	expect(probed(answered(403, "origin not allowed")).state).toMatchObject({
		name: "failed",
		error: { code: "bad_request", status: 403 },
	});
	expect(probed(answered(400)).state).toMatchObject({
		name: "failed",
		error: { code: "bad_request" },
	});
	expect(probed(answered(500, "invalid user_id")).state).toMatchObject({
		name: "failed",
		error: { code: "bad_request" },
	});
	for (const status of [429, 503])
		expect(probed(answered(status, "", 7000)).state).toMatchObject({
			name: "waiting",
			delayMs: 7000,
			ordered: true,
		});
	for (const status of [0, 426, 500, 502, 404])
		expect(probed(answered(status)).state).toMatchObject({
			name: "waiting",
			delayMs: 325,
			ordered: false,
		});
});

test("a second 401 with the new token is final until reconnect()", () => {
	const first = after([{ type: "token_ready" }, answered(401)]);
	const second = after([{ type: "token_ready" }, answered(401)], first.state);
	expect(second.state).toMatchObject({
		name: "failed",
		error: { code: "unauthorized" },
	});
	expect(after([{ type: "reconnect" }], second.state).effects).toEqual([
		{ type: "fetch_token", refused: true },
	]);
});

test("a token that is not available now is requested later; a missing token is final", () => {
	expect(after([{ type: "failed" }]).state.name).toBe("waiting");
	const error = new ChatError("unauthorized", "no token");
	expect(after([{ type: "failed", error }]).state).toMatchObject({
		name: "failed",
		error,
	});
});

test("network, page and wake-up retry at once; without a network according to the browser, an attempt follows every 30 s", () => {
	const waiting = after([closed(1011)], OPEN).state;
	for (const type of ["online", "woken", "reconnect"] as const)
		expect(after([{ type }], waiting).state.name).toBe("authorising");
	const offline = after([{ type: "offline" }], waiting).state;
	expect(offline.name).toBe("offline");
	for (const type of ["due", "online", "woken"] as const)
		expect(after([{ type }], offline).state.name).toBe("authorising");
	// The connection closes while the browser reports no network: this costs no attempt.
	const lost = after([{ type: "offline" }, closed(1006)], OPEN);
	expect(lost.state).toMatchObject({ name: "offline", attempts: 0 });
	expect(lost.effects).toEqual([{ type: "wait", ms: 30_000 }]);
});

test("after giving up, the client returns on reconnect, network, page and wake-up", () => {
	const gaveUp: ConnectionState = {
		name: "given_up",
		attempts: 10,
		restMs: 0,
		renewed: false,
		problem: undefined,
		online: true,
	};
	for (const type of ["online", "woken", "reconnect"] as const)
		expect(after([{ type }], gaveUp).state).toMatchObject({
			name: "authorising",
			attempts: 0,
			restMs: 0,
		});
});

test("a dead socket is dropped before the next one opens", () => {
	const { state, effects } = after([{ type: "stale" }], OPEN);
	expect(state.name).toBe("waiting");
	expect(effects.map(({ type }) => type)).toEqual(["drop_socket", "wait"]);
	const connecting = after([{ type: "token_ready" }]).state;
	expect(
		after([{ type: "stale" }], connecting).effects.map(({ type }) => type),
	).toEqual(["drop_socket", "wait"]);
});

test("close sends 1000 on every existing socket, and is final", () => {
	const connecting = after([{ type: "token_ready" }]).state;
	for (const state of [OPEN, connecting])
		expect(after([{ type: "close" }], state)).toEqual({
			state: expect.objectContaining({ name: "closed" }),
			effects: [{ type: "drop_socket", code: 1000, reason: "" }],
		});
	for (const state of [
		INITIAL.state,
		after([closed(1011)], OPEN).state,
		after([{ type: "token_ready" }, closed(1006)]).state,
	])
		expect(after([{ type: "close" }], state)).toMatchObject({
			state: { name: "closed" },
			effects: [],
		});
});

test("a missing token ends an open or connecting connection; a token that is not available now changes nothing", () => {
	const error = new ChatError("unauthorized", "no token");
	const step = after([{ type: "failed", error }], OPEN);
	expect(step.state).toMatchObject({ name: "failed", error });
	expect(step.effects).toEqual([
		{ type: "drop_socket", code: 1000, reason: "" },
	]);
	expect(after([{ type: "failed" }], OPEN).state).toBe(OPEN);
});
