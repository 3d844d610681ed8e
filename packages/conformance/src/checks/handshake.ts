import { randomUUID } from "node:crypto";
import { type Check, check } from "../check.ts";
import type { Answer } from "../http.ts";
import { bearer, type Trial } from "../trial.ts";
import { expect, expectSame, Skipped } from "../verdict.ts";

const NOT_UUIDS = [
	"general",
	"00000000-0000-0000-0000-000000000000",
	"{550e8400-e29b-41d4-a716-446655440000}",
	"550e8400e29b41d4a716446655440000",
];
const FOREIGN_ORIGIN = "https://conformance.invalid";

export const HANDSHAKE: readonly Check[] = [
	check("HS-1", async (t) => {
		const user = await t.user();
		const peer = await t.open(user, await t.room(user));
		expectSame(peer.ws.protocol, "", "selected subprotocol");
	}),

	check("HS-2", async (t) => {
		const user = await t.user();
		expectRefusal(
			await t.handshake({}, bearer(user.token)),
			400,
			"conversation_id required",
		);
	}),

	check("HS-3", async (t) => {
		const user = await t.user();
		const query = { conversation_id: await t.room(user) };
		expectRefusal(
			await t.handshake(query, {}),
			401,
			"unauthorized",
			"no token",
		);
		expectRefusal(
			await t.handshake(query, bearer(tampered(user.token))),
			401,
			"unauthorized",
			"a forged token",
		);
		const expired = await t.user({ userId: user.userId, ttlSeconds: -60 });
		expectRefusal(
			await t.handshake(query, bearer(expired.token)),
			401,
			"unauthorized",
			"an expired token",
		);
	}),

	check("HS-4", async (t) => {
		const { headers } = await t.handshake(
			{ conversation_id: randomUUID() },
			{},
		);
		expect(
			/^Bearer\b/.test(headers["www-authenticate"] ?? ""),
			"WWW-Authenticate: Bearer",
			headers["www-authenticate"],
		);
	}),

	check("HS-5", async (t) => {
		const user = await t.user();
		for (const id of NOT_UUIDS)
			expectRefusal(
				await t.handshake({ conversation_id: id }, bearer(user.token)),
				400,
				"invalid conversation_id",
				id,
			);
	}),

	check("HS-6", async (t) => {
		const [alice, bob] = [await t.user(), await t.user()];
		const room = await t.room(alice, bob);
		const lower = await t.connect(alice, room);
		const upper = await t.connect(bob, room.toUpperCase());
		const message = await upper.say();
		await lower.upTo(message);
		for (const field of ["conversation_id", "sender_id", "message_id"]) {
			const id = String(message[field]);
			expect(id === id.toLowerCase(), `${field} in lower case`, id);
		}
		expectSame(message.conversation_id, room, "conversation_id");
		const clientMessageId = randomUUID().toUpperCase();
		const named = await lower.say({ client_message_id: clientMessageId });
		expectSame(
			named.client_message_id,
			clientMessageId.toLowerCase(),
			"client_message_id",
		);
	}),

	check("HS-7", async (t) => {
		const exp = Math.floor(Date.now() / 1000) + 60;
		for (const claims of [{ exp }, { exp, sub: "somebody" }])
			expectRefusal(
				await t.handshake(
					{ conversation_id: randomUUID() },
					bearer(await t.target.tokens.sign(claims)),
				),
				500,
				"invalid user_id",
			);
	}),

	check("HS-8", async (t) => {
		const { outsider, room } = await withOutsider(t);
		expectRefusal(
			await t.handshake({ conversation_id: room }, bearer(outsider.token)),
			403,
			"not a participant",
		);
	}),

	check("HS-9", async (t) => {
		if (!t.traits.membersOnly)
			throw new Skipped(
				"with the policy open, connecting creates a missing conversation",
			);
		const { outsider, room } = await withOutsider(t);
		const ask = (id: string) =>
			t.handshake({ conversation_id: id }, bearer(outsider.token));
		expectIndistinct(
			[await ask(room), await ask(room)],
			await ask(randomUUID()),
			"a handshake",
		);
	}),

	check("HS-10", async (t) => {
		const user = await t.user();
		const query = { conversation_id: await t.room(user) };
		for (const [what, headers, upgrade] of [
			["a plain GET", {}, false],
			["version 8", { "Sec-WebSocket-Version": "8" }, true],
		] as const) {
			const answer = await t.handshake(
				query,
				{ ...bearer(user.token), ...headers },
				upgrade,
			);
			expectRefusal(answer, 426, "upgrade required", what);
			expectSame(
				[answer.headers.upgrade, answer.headers["sec-websocket-version"]],
				["websocket", "13"],
				`headers Upgrade and Sec-WebSocket-Version for ${what}`,
			);
		}
	}),

	check("HS-11", async (t) => {
		const user = await t.user();
		const query = { conversation_id: await t.room(user) };
		const answer = await t.handshake(query, {
			...bearer(user.token),
			Origin: FOREIGN_ORIGIN,
		});
		if (answer.status === 101)
			throw new Skipped(`the server allows the origin ${FOREIGN_ORIGIN}`);
		expectRefusal(answer, 403, "origin not allowed", FOREIGN_ORIGIN);
		const without = await t.handshake(query, bearer(user.token));
		expectSame(without.status, 101, "status without an Origin");
	}),

	check("HS-13", async (t) => {
		// Each request also breaks the next check. This check judges only the answer.
		const { outsider, room } = await withOutsider(t);
		const good = bearer(outsider.token);
		for (const upgrade of [true, false]) {
			const ask = (
				query: Record<string, string>,
				headers: Record<string, string>,
			) =>
				t.handshake(
					query,
					upgrade ? { ...headers, "Sec-WebSocket-Version": "8" } : headers,
					upgrade,
				);
			const how = upgrade ? "an upgrade" : "a plain GET";
			expectRefusal(
				await ask({}, {}),
				401,
				"unauthorized",
				`${how} without token and conversation_id`,
			);
			expectRefusal(
				await ask({}, good),
				400,
				"conversation_id required",
				`${how} without conversation_id`,
			);
			expectRefusal(
				await ask({ conversation_id: "general" }, good),
				400,
				"invalid conversation_id",
				`${how} with a malformed conversation_id`,
			);
			expectRefusal(
				await ask({ conversation_id: room }, good),
				403,
				"not a participant",
				`${how} of a user who is not a participant`,
			);
		}
	}),

	check("HS-14", async (t) => {
		const answer = await t.handshake({ conversation_id: randomUUID() }, {});
		expect(
			/^application\/json\b/.test(answer.headers["content-type"] ?? ""),
			"Content-Type application/json",
			answer.headers["content-type"],
		);
		expect(
			typeof errorOf(answer) === "string",
			'a JSON object with "error"',
			answer.text,
		);
	}),
];

/** Checks a refusal. @throws {Failed} unless the answer has this status and this error */
export function expectRefusal(
	answer: Answer,
	status: number,
	error: string,
	what = "the request",
): void {
	expect(
		answer.status === status && errorOf(answer) === error,
		`${status} {"error": "${error}"} for ${what}`,
		`${answer.status} ${answer.text}`,
	);
}

/**
 * Creates a user who must not enter an existing conversation: a user who was never a participant, or a removed one.
 */
export async function withOutsider(t: Trial) {
	t.needsRest();
	const [owner, outsider] = [await t.user(), await t.user()];
	if (t.traits.membersOnly) return { outsider, room: await t.room(owner) };
	const room = await t.room(owner, outsider);
	const { status, text } = await t.rest(
		"DELETE",
		`/conversations/${room}/participants/${outsider.userId}`,
		owner,
	);
	expect(
		status === 204,
		"204 for the removal of a participant",
		`${status} ${text}`,
	);
	return { outsider, room };
}

function errorOf({ text }: Answer): unknown {
	try {
		return (JSON.parse(text) as { error?: unknown } | null)?.error;
	} catch {
		return undefined;
	}
}

/**
 * Compares the answers for a forbidden and a missing conversation.
 * @param forbidden two answers for one conversation: headers that differ between them (the date, a request number)
 * are ignored
 * @throws {Failed} unless the answer for a missing conversation is the same
 */
export function expectIndistinct(
	forbidden: readonly [Answer, Answer],
	missing: Answer,
	what: string,
): void {
	const [first, second] = forbidden;
	const told = ({ status, headers, text }: Answer): unknown => ({
		status,
		headers: Object.fromEntries(
			Object.entries(headers).filter(
				([name]) =>
					name !== "date" && first.headers[name] === second.headers[name],
			),
		),
		text,
	});
	expectSame(
		told(missing),
		told(first),
		`the same answer to ${what} for a missing and a forbidden conversation`,
	);
}

/** Returns the same token with a wrong signature. */
export function tampered(token: string): string {
	const [header = "", payload = "", signature = ""] = token.split(".");
	// Not the last character, because some of its bits have no meaning.
	const other = signature.startsWith("A") ? "B" : "A";
	return `${header}.${payload}.${other}${signature.slice(1)}`;
}
