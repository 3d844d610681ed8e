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

/** The development server does not have the requested user. */
export class NobodyError extends Error {}
