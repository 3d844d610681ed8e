import { type Account, NobodyError, SERVER } from "./account.ts";

interface SignedIn {
	readonly token: string;
	readonly user_id: string;
	readonly conversation_id: string;
	readonly people: readonly { user_id: string; name: string }[];
}

/**
 * An account on a development server, which signs anybody in.
 * @param person the name in the page's query, `?as=bob`; Alice where it is empty
 * @throws {NobodyError}
 * @throws where the server cannot be reached
 */
export async function devAccount(person: string): Promise<Account> {
	const first = await signIn(person);
	let unused: string | undefined = first.token;
	const people = first.people.map(({ user_id, name }) => ({
		userId: user_id,
		name,
	}));
	const user = people.find(({ userId }) => userId === first.user_id);
	if (person !== "" && person.toLowerCase() !== user?.name.toLowerCase())
		throw new NobodyError(
			`There is no user ${person}. Users: ${people.map(({ name }) => name).join(", ")}.`,
		);
	return {
		userId: first.user_id,
		name: user?.name,
		async token() {
			const token = unused ?? (await signIn(person)).token;
			unused = undefined;
			return token;
		},
		people,
		firstConversation: first.conversation_id,
		isDev: true,
	};
}

async function signIn(person: string): Promise<SignedIn> {
	const response = await fetch(`${SERVER}/dev/sign-in`, {
		method: "POST",
		headers: { "Content-Type": "application/json" },
		body: JSON.stringify({ person }),
	});
	if (!response.ok)
		throw new Error(`the server signs nobody in: ${response.status}`);
	return (await response.json()) as SignedIn;
}
