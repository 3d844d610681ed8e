import type { LocalAnswer } from "@secureconnect/server";

export interface DevUser {
	readonly name: string;
	readonly userId: string;
}

/** Whom `dev` knows: the first two have a line each on its screen, all of them a page. */
export const PEOPLE: readonly [DevUser, DevUser, ...DevUser[]] = [
	{ name: "Alice", userId: "a11ce000-0000-4000-8000-000000000001" },
	{ name: "Bob", userId: "b0b00000-0000-4000-8000-000000000002" },
	{ name: "Carol", userId: "ca401000-0000-4000-8000-000000000003" },
	{ name: "Dave", userId: "da7e0000-0000-4000-8000-000000000004" },
];

/** The seed document's own conversation, so that its examples can be pasted as they are. */
export const CONVERSATION_ID = "550e8400-e29b-41d4-a716-446655440000";

/**
 * What the page in `dev` asks instead of an application's sign-in: `{"person": "bob"}`; Alice unless somebody is named.
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
 * Makes the first conversation, of the first two, where there is none: so it has a title before anybody connects.
 * @param base the server's own `http:` URL
 * @param token of the first
 */
export async function makeFirstConversation(
	base: string,
	token: string,
): Promise<void> {
	// Where there is one already that is the answer (409, or 403), and all is well.
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
