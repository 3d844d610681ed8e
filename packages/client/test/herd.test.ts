import { expect, test } from "vitest";
import { random } from "../../server/test/support/random.ts";
import {
	type ConnectionEvent,
	type ConnectionState,
	INITIAL,
	next,
} from "../src/connection-state.ts";
import { spread } from "./support/herd.ts";

const CLIENTS = 1000;

/**
 * Returns the milliseconds from the drop to a client's return, from its own delays. The server is away until
 * `downMs`.
 */
function returnAfter(
	first: ConnectionEvent,
	downMs: number,
	roll: () => number,
): number {
	let state: ConnectionState = INITIAL.state;
	let at = 0;
	const take = (...events: ConnectionEvent[]): void => {
		for (const event of events) {
			const step = next(state, event, { now: 0, roll: roll() });
			state = step.state;
			for (const effect of step.effects)
				if (effect.type === "wait") at += effect.ms;
		}
	};
	take({ type: "token_ready" }, { type: "opened" }, first);
	for (;;) {
		take({ type: "due" }, { type: "token_ready" });
		if (state.name !== "connecting")
			throw new Error(`expected a connecting client, but it is ${state.name}`);
		if (at >= downMs) return at;
		take(
			{ type: "socket_closed", code: 1006, reason: "" },
			{ type: "answered", status: 0, error: "", retryAfterMs: 0 },
		);
	}
}

const lost: ConnectionEvent = { type: "socket_closed", code: 1006, reason: "" };

test.for([0, 300, 1000, 3000, 10_000, 30_000])(
	"1,000 clients dropped at once return evenly after an outage of %d ms: no slice holds three times its share",
	(downMs) => {
		for (let seed = 1; seed <= 20; seed++) {
			const roll = random(seed);
			const returns = Array.from({ length: CLIENTS }, () =>
				returnAfter(lost, downMs, roll),
			);
			const { worst, slices } = spread(returns);
			expect(worst, `seed ${seed}: ${slices}`).toBeLessThan(3);
		}
	},
);
