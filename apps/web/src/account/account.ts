import type { Person } from "../people/directory.ts";
import { claimsOf } from "./claims.ts";
import { inTab } from "./kept.ts";

/** User of this page and the source of their tokens. */
export interface Account {
	readonly userId: string;
	readonly name: string | undefined;
	/** Returns a valid token, or `""` if the account no longer has one. Rejects if no token can be obtained now. */
	readonly token: () => string | Promise<string>;
	/** Users whose names the account knows from the start. */
	readonly people: readonly Person[];
	/** Id of the conversation to open at the first visit. */
	readonly firstConversation: string | undefined;
	/** Whether the development server issues the tokens. The page can then open as any of its users. */
	readonly isDev: boolean;
}

const STORED = "secureconnect-token";

/** URL of the server that served this page, with the path prefix that a proxy may add. */
export const SERVER = new URL(".", location.href).href.replace(/\/$/, "");

/** Whether the page requests its tokens from the server. The server states it in a meta element. */
export const IS_DEV =
	document.querySelector<HTMLMetaElement>('meta[name="secureconnect"]')
		?.content === "dev";

/** Creates an account from a token and keeps the token in this tab only. Returns undefined if the token is invalid. */
export function givenAccount(token: string): Account | undefined {
	const claims = claimsOf(token);
	if (!claims) return undefined;
	inTab.set(STORED, token);
	return {
		...claims,
		token: () => inTab.get(STORED) ?? "",
		people: [],
		firstConversation: undefined,
		isDev: false,
	};
}

/** Returns the account of the token that this tab received earlier. */
export function keptAccount(): Account | undefined {
	const token = inTab.get(STORED);
	return token === null ? undefined : givenAccount(token);
}

export function forgetToken(): void {
	inTab.remove(STORED);
}

interface SignedIn {
	readonly token: string;
	readonly user_id: string;
	readonly conversation_id: string;
	readonly people: readonly { user_id: string; name: string }[];
}

/** The page requested a user whom the development server does not know. */
export class NobodyError extends Error {}

/**
 * Creates an account on a development server, which signs in without a password.
 * @param person the name in the page's query, `?as=bob`; if empty, Alice
 * @throws {NobodyError}
 * @throws if the server cannot be reached
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
	if (!response.ok) throw new Error(`sign-in failed: ${response.status}`);
	return (await response.json()) as SignedIn;
}
