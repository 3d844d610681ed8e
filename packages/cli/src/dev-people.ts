import type { LocalAnswer } from "@secureconnect/server";

export interface DevUser {
	readonly name: string;
	readonly userId: string;
}

/** Users of `dev`. The screen has a line for each of the first two; the chat page offers all of them. */
export const PEOPLE: readonly [DevUser, DevUser, ...DevUser[]] = [
	{ name: "Alice", userId: "a11ce000-0000-4000-8000-000000000001" },
	{ name: "Bob", userId: "b0b00000-0000-4000-8000-000000000002" },
	{ name: "Carol", userId: "ca401000-0000-4000-8000-000000000003" },
	{ name: "Dave", userId: "da7e0000-0000-4000-8000-000000000004" },
];

/** Conversation of the original protocol document, so that its examples work unchanged. */
export const CONVERSATION_ID = "550e8400-e29b-41d4-a716-446655440000";

/**
 * Returns the answer that stands in for an application's sign-in in `dev`. The page sends `{"person": "bob"}`; without
 * a known name, Alice signs in.
 */
export function signIn(mint: (user: DevUser) => Promise<string>): LocalAnswer {
	return async (body) => {
		const [first] = PEOPLE;
		const wanted =
			typeof body === "object" && body && "person" in body
				? String(body.person).toLowerCase()
				: "";
		const user =
			PEOPLE.find(({ name }) => name.toLowerCase() === wanted) ?? first;
		return {
			token: await mint(user),
			user_id: user.userId,
			conversation_id: CONVERSATION_ID,
			people: PEOPLE.map(({ userId, name }) => ({ user_id: userId, name })),
		};
	};
}

/**
 * Creates the first conversation, with the first two users, if it does not exist. It then has a title before a user
 * connects.
 * @param base the server's `http:` URL
 * @param token token of the first user
 */
export async function makeFirstConversation(
	base: string,
	token: string,
): Promise<void> {
	// If the conversation exists, the server answers 409 or 403; both are expected.
	await fetch(`${base}/v1/conversations`, {
		method: "POST",
		headers: {
			Authorization: `Bearer ${token}`,
			"Content-Type": "application/json",
		},
		body: JSON.stringify({
			conversation_id: CONVERSATION_ID,
			title: "First conversation",
			participant_ids: [PEOPLE[1].userId],
		}),
	});
}
