import type { Person } from "../people/directory.ts";
import { claimsOf } from "./claims.ts";
import { inTab } from "./kept.ts";

/** Who uses this page, and where their tokens come from. */
export interface Account {
	readonly userId: string;
	readonly name: string | undefined;
	/** A token for now. `""`: there is none any more. Rejects where it cannot be had now. */
	readonly token: () => string | Promise<string>;
	/** Whom this account knows by name before it has met anybody. */
	readonly people: readonly Person[];
	/** What to show first. */
	readonly firstConversation: string | undefined;
	/** Tokens are the development server's: there are other people to be had for a click. */
	readonly isDev: boolean;
}

const STORED = "secureconnect-token";

/** The server that this page came from, and the path that a proxy may have it under. */
export const SERVER = new URL(".", location.href).href.replace(/\/$/, "");

/** Whether tokens are asked from the server, which says so in the page. */
export const IS_DEV =
	document.querySelector<HTMLMetaElement>('meta[name="secureconnect"]')
		?.content === "dev";

/** An account for a token that somebody gave, kept for this tab alone; undefined where it is none. */
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

/** The account of the token that this tab was given earlier. */
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

/** Somebody is asked for whom the development server does not have. */
export class NobodyError extends Error {}

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
			`There is nobody called ${person}. There are: ${people.map(({ name }) => name).join(", ")}.`,
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
