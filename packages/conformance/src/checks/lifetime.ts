import { type Check, check, longCheck } from "../check.ts";
import type { Closing, TestClient } from "../test-client.ts";
import { inWords, type Trial } from "../trial.ts";
import { expect, expectSame, Failed } from "../verdict.ts";

/** Tolerances of a ping, early and late, as a part of the interval. Networks and busy machines cause them. */
const EARLY = 0.1;
const LATE = 0.25;
const SLACK_MS = 250;
/** For a longer interval, the check waits for one ping and not for two. */
const SHORT_INTERVAL_MS = 10_000;

const WATCHED = 5;
const WATCHED_EVERY_MS = 250;

/** The heartbeat, and the ways in which connections end. */
export const LIFETIME: readonly Check[] = [
	longCheck("HB-1", async (t) => {
		const { pingIntervalMs } = t.target;
		const user = await t.user();
		const peer = await t.open(user, await t.room(user));
		const count = pingIntervalMs <= SHORT_INTERVAL_MS ? 2 : 1;
		for (let i = 0; i < count; i++) {
			await peer.until(
				`a ping ${pingIntervalMs} ms after ${i === 0 ? "opening" : "the previous ping"}`,
				() => peer.pings.length > i,
				pingIntervalMs * (1 + LATE) + SLACK_MS,
			);
			// Measured from the opening, not from the previous ping: a late ping must not make the next one count
			// as early.
			const due = pingIntervalMs * (i + 1);
			const after = Math.round((peer.pings[i]?.at ?? 0) - peer.openedAt);
			expect(
				after >= due - pingIntervalMs * EARLY,
				`ping ${i + 1} ${due} ms after opening`,
				`one after ${after} ms`,
			);
		}
	}),

	longCheck("HB-2", async (t) => {
		const { pongTimeoutMs } = t.target;
		const user = await t.user();
		const room = await t.room(user);
		const peer = await t.open(user, room, { autoPong: false });
		const beside = await t.open(user, room);
		const what = `the end of the connection, without a close frame, ${pongTimeoutMs} ms after opening`;
		const closing = await ending(t, peer, beside, what);
		const after = Math.round((peer.closedAt ?? 0) - peer.openedAt);
		expect(
			closing.code === 1006 && after >= pongTimeoutMs * (1 - EARLY),
			what,
			`${inWords(closing)} after ${after} ms`,
		);
	}),

	longCheck("HB-3", async (t) => {
		const { pingIntervalMs, pongTimeoutMs } = t.target;
		// The delay of a slow network, in time by half of the margin in the rules. An immediate pong usually
		// arrives in time even on a server that pings only when its deadline is reached, so it would hide that
		// fault.
		const latencyMs = Math.min(
			(pongTimeoutMs - pingIntervalMs) / 2,
			pingIntervalMs / 2,
		);
		const user = await t.user();
		const room = await t.room(user);
		const until = pongTimeoutMs * (1 + LATE);
		const watched: Promise<string | undefined>[] = [];
		// Several attempts in sequence, because a busy server may treat a single connection differently by chance.
		for (let i = 0; i < WATCHED; i++) {
			const peer = await t.open(user, room, { autoPong: false });
			peer.ws.on("ping", (data) => {
				setTimeout(() => peer.ws.pong(data), latencyMs);
			});
			watched.push(
				peer
					.watch(until)
					.then(
						(cut) => cut && `${inWords(cut)} after ${peer.pings.length} pings`,
					),
			);
			await peer.watch(Math.min(pingIntervalMs / WATCHED, WATCHED_EVERY_MS));
		}
		const cut = (await Promise.all(watched)).find((end) => end !== undefined);
		expect(
			cut === undefined,
			`an open connection after ${Math.round(until)} ms, with a pong ${Math.round(latencyMs)} ms after each ping`,
			cut,
		);
	}),

	longCheck("HB-4", async (t) => {
		const { pongTimeoutMs } = t.target;
		const user = await t.user();
		const room = await t.room(user);
		const peer = await t.connect(user, room, { autoPong: false });
		const beside = await t.open(user, room);
		const chatter = setInterval(
			() => peer.ws.send('{"type":"typing"}'),
			pongTimeoutMs / 6,
		);
		try {
			await ending(
				t,
				peer,
				beside,
				"the end of a connection that sends messages but no pongs",
			);
		} finally {
			clearInterval(chatter);
		}
	}),

	check("CL-1", async (t) => {
		const { a, b } = await t.pair();
		for (const [peer, code] of [
			[a, 1000],
			[b, 4000],
		] as const) {
			const closing = await peer.close(code, "goodbye");
			expectSame(
				closing.code,
				code,
				`code of the answer to a close with ${code}`,
			);
		}
	}),
];

/**
 * Waits until the server ends a connection that answers no ping. A busy machine delays everything, so the time
 * limit counts only when a second connection, which answers, has received the pings that were due.
 * @throws {Failed} if the connection is open after that
 */
async function ending(
	t: Trial,
	peer: TestClient,
	beside: TestClient,
	what: string,
): Promise<Closing> {
	const { pingIntervalMs, pongTimeoutMs } = t.target;
	const patienceMs = pongTimeoutMs * (1 + LATE) + SLACK_MS;
	const due = Math.floor(patienceMs / pingIntervalMs);
	let closing = await peer.watch(patienceMs);
	// A server that sends too few pings breaks HB-1. The limit on `i` ends the wait.
	for (let i = 0; !closing && beside.pings.length < due && i < due; i++)
		closing = await peer.watch(pingIntervalMs);
	if (closing) return closing;
	throw new Failed(
		what,
		`an open connection after ${Math.round(performance.now() - peer.openedAt)} ms`,
	);
}
