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

/** The development server does not have the requested user. */
export class NobodyError extends Error {}
