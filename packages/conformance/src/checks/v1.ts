import { ServerFrames, SUBPROTOCOL } from "@secureconnect/protocol";
import { Compile } from "typebox/compile";
import { type Check, check, longCheck } from "../check.ts";
import { expectNone, type Frame } from "../test-client.ts";
import { type ConnectOptions, inWords, type Trial, V1 } from "../trial.ts";
import { expect, expectSame } from "../verdict.ts";
import { tampered } from "./handshake.ts";

const SHORT_S = 4;
/** Time after the old expiry, longer than the clock difference of two machines may be. */
const OUTLIVED_MS = 14_000;
const isWelcome = Compile(ServerFrames.welcome);

async function alone(t: Trial, options: ConnectOptions = {}) {
	const user = await t.user();
	const room = await t.room(user);
	const peer = await t.connect(user, room, { ...V1, ...options });
	return { user, room, peer };
}

export const V1_CHECKS: readonly Check[] = [
	check("V1-1", async (t) => {
		const user = await t.user();
		const peer = await t.open(user, await t.room(user), {
			protocols: ["conformance.v9", SUBPROTOCOL],
		});
		expectSame(peer.ws.protocol, SUBPROTOCOL, "selected subprotocol");
	}),

	check("V1-2", async (t) => {
		const [alice, bob, carol] = [
			await t.user(),
			await t.user(),
			await t.user(),
		];
		const room = await t.room(alice, bob, carol);
		const a = await t.connect(alice, room);
		const c = await t.connect(carol, room);
		const message = await a.say();
		await c.send({ type: "read", message_id: message.message_id });
		await a.next("read");
		await a.say();
		const b = await t.connect(bob, room, V1);
		const [welcome = {}] = b.frames;
		expectSame(welcome.type, "welcome", "type of the first frame");
		const [wrong] = isWelcome.Errors(welcome);
		expect(
			wrong === undefined,
			`a welcome of the specified shape (${wrong?.instancePath} ${wrong?.message})`,
			welcome,
		);
		const { conversation_id, user_id, head_seq, present_count } = welcome;
		// The writer has a watermark too, unless the server does not keep RD-6.
		const read = (welcome.read as Frame[]).filter(
			(watermark) => watermark.user_id !== alice.userId,
		);
		expectSame(
			{ conversation_id, user_id, head_seq, present_count, read },
			{
				conversation_id: room,
				user_id: bob.userId,
				head_seq: Number(message.seq) + 1,
				present_count: 3,
				read: [
					{
						user_id: carol.userId,
						message_id: message.message_id,
						seq: message.seq,
					},
				],
			},
			"fields of welcome",
		);
	}),

	check("V1-3", async (t) => {
		const { user, room, peer } = await alone(t);
		const { message_id } = await peer.say();
		for (const [query, recovered] of [
			[{}, false],
			[{ after: String(message_id) }, true],
			[{ after: user.userId }, false],
			[{ after: "head" }, false],
		] as const) {
			const again = await t.connect(user, room, { ...V1, query });
			const welcome = await again.next("welcome");
			expectSame(
				welcome.recovered,
				recovered,
				`recovered with the cursor ${JSON.stringify(query)}`,
			);
		}
	}),

	longCheck("V1-4", async (t) => {
		const { user, peer } = await alone(t, { ttlSeconds: SHORT_S });
		const { token } = await t.user({ userId: user.userId });
		await peer.send({ type: "auth", access_token: token });
		const ok = await peer.next("auth_ok");
		expect(
			Date.parse(String(ok.expires_at)) > Date.now() + OUTLIVED_MS,
			"auth_ok with the new token's expires_at",
			ok,
		);
		const cut = await peer.watch(SHORT_S * 1000 + OUTLIVED_MS);
		expect(
			cut === undefined,
			"an open connection after the old token's expiry",
			cut && inWords(cut),
		);
	}),

	check("V1-5", async (t) => {
		const { user, peer } = await alone(t);
		for (const token of ["", tampered(user.token)]) {
			await peer.send({ type: "auth", access_token: token });
			expectSame(
				(await peer.next("error")).code,
				"unauthorized",
				"error code for an invalid token",
			);
		}
		await peer.say();
	}),

	check("V1-6", async (t) => {
		const { peer } = await alone(t);
		const { token } = await t.user();
		await peer.send({ type: "auth", access_token: token });
		expectSame(
			inWords(await peer.closing("a close for another user's token")),
			'close 1008 "token of another user"',
			"close for another user's token",
		);
	}),

	check("V1-7", async (t) => {
		const { a, alice } = await t.pair();
		await a.send({ type: "auth", access_token: alice.token });
		expectSame(
			(await a.next("error")).code,
			"unknown_type",
			"error code for auth without the subprotocol",
		);
		await a.say();
		for (const type of ["welcome", "auth_ok"])
			expectNone(a.frames, type, `no ${type} without the subprotocol`);
	}),
];
