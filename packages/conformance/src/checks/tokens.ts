import { randomUUID } from "node:crypto";
import { SUBPROTOCOL } from "@secureconnect/protocol";
import { type Check, check, longCheck } from "../check.ts";
import { bearer, inWords, type Trial, type User } from "../trial.ts";
import { expect, expectSame } from "../verdict.ts";
import { expectRefusal, tampered } from "./handshake.ts";

const SHORT_S = 3;
/** A server may tolerate clock differences, and may check the expiry only at intervals. */
const LONGEST_LEEWAY_MS = 30_000;

export const TOKENS: readonly Check[] = [
	check("TK-1", async (t) => {
		const user = await t.user();
		const { status } = await t.handshake(
			{ conversation_id: await t.room(user) },
			bearer(user.token),
		);
		expectSame(status, 101, "status with the token in the header");
	}),

	check("TK-2", async (t) => {
		const user = await t.user();
		const { status } = await t.handshake(
			{ conversation_id: await t.room(user), access_token: user.token },
			{},
		);
		expectSame(status, 101, "status with the token in the query");
	}),

	check("TK-3", async (t) => {
		const user = await t.user();
		const room = await t.room(user);
		const entry = `bearer.${user.token}`;
		const peer = await t.open(user, room, {
			token: "none",
			protocols: [SUBPROTOCOL, entry],
		});
		expectSame(peer.ws.protocol, SUBPROTOCOL, "selected subprotocol");
		expectRefusal(
			await t.handshake(
				{ conversation_id: room },
				{ "Sec-WebSocket-Protocol": entry },
			),
			401,
			"unauthorized",
			"a bearer entry alone",
		);
	}),

	check("TK-4", async (t) => {
		const user = await t.user();
		const query = {
			conversation_id: await t.room(user),
			access_token: user.token,
		};
		const bad = tampered(user.token);
		expectRefusal(
			await t.handshake(query, bearer(bad)),
			401,
			"unauthorized",
			"an invalid token in the header and a valid one in the query",
		);
		if (t.traits.v1)
			expectRefusal(
				await t.handshake(query, {
					"Sec-WebSocket-Protocol": `${SUBPROTOCOL}, bearer.${bad}`,
				}),
				401,
				"unauthorized",
				"an invalid token in the subprotocol and a valid one in the query",
			);
	}),

	check("TK-5", async (t) => {
		const [one, other] = [randomUUID(), randomUUID()];
		const exp = in60s();
		for (const [claims, expected] of [
			[{ exp, user_id: one, sub: other }, one],
			[{ exp, sub: other }, other],
		] as const) {
			const user: User = {
				token: await t.target.tokens.sign(claims),
				userId: expected,
			};
			const peer = await t.open(user, await t.room(user));
			const joined = await peer.next("user_joined");
			expectSame(
				joined.sender_id,
				expected,
				`user of a token with ${Object.keys(claims).join(", ")}`,
			);
		}
	}),

	check("TK-6", async (t) => {
		const sub = randomUUID();
		const exp = in60s();
		for (const [what, claims] of [
			["no exp", { sub }],
			["nbf in the future", { sub, exp: exp + 600, nbf: exp + 540 }],
			["token_use refresh", { sub, exp, token_use: "refresh" }],
			["typ refresh", { sub, exp, typ: "refresh" }],
			["token_type refresh", { sub, exp, token_type: "refresh" }],
			["type refresh", { sub, exp, type: "refresh" }],
		] as const)
			expectRefusal(
				await handshakeWith(t, await t.target.tokens.sign(claims)),
				401,
				"unauthorized",
				`a token with ${what}`,
			);
	}),

	check("TK-7", async (t) => {
		const user = await t.user();
		const [, payload = ""] = user.token.split(".");
		const header = Buffer.from('{"alg":"none"}').toString("base64url");
		for (const token of [`${header}.${payload}.`, `${header}.${payload}.e30`])
			expectRefusal(
				await handshakeWith(t, token),
				401,
				"unauthorized",
				"a token with alg none",
			);
	}),

	longCheck("TK-8", async (t) => {
		const user = await t.user();
		const room = await t.room(user);
		const peer = await t.connect(user, room, { ttlSeconds: SHORT_S });
		const closing = await peer.closing(
			"the close of a connection whose token has expired",
			SHORT_S * 1000 + LONGEST_LEEWAY_MS,
		);
		expectSame(
			inWords(closing),
			'close 1008 "token expired"',
			"close at the token's expiry",
		);
	}),

	check("TK-10", async (t) => {
		const name = "Conformance";
		const [alice, bob] = [await t.user({ name }), await t.user()];
		const room = await t.room(alice, bob);
		const b = await t.connect(bob, room);
		await t.connect(alice, room);
		const joined = await b.find(
			"alice's user_joined",
			({ type, sender_id }) =>
				type === "user_joined" && sender_id === alice.userId,
		);
		expectSame(joined.name, name, "name in user_joined");
		const toolong = await t.user({ name: "x".repeat(129) });
		const own = await t.connect(toolong, await t.room(toolong), {});
		const [first] = own.of("user_joined");
		expect(
			first?.name === undefined,
			"no name if the claim has 129 characters",
			first,
		);
	}),
];

function in60s(): number {
	return Math.floor(Date.now() / 1000) + 60;
}

function handshakeWith(t: Trial, token: string) {
	return t.handshake({ conversation_id: randomUUID() }, bearer(token));
}
