import { readFileSync } from "node:fs";
import { parseUuid } from "@secureconnect/protocol/wire";
import { StartupError } from "@secureconnect/server/startup-error";
import { TOKEN_VARIABLE } from "../settings.ts";
import { integer } from "../values.ts";

/** Flags of `chat` and `tail`. */
export interface ChatFlags {
	readonly url: string;
	readonly user?: string;
	readonly name?: string;
	readonly data?: string;
	readonly token?: string;
	readonly tokenFile?: string;
	readonly history?: string;
	readonly json?: boolean;
	/** Only `tail` has this flag. */
	readonly follow?: boolean;
}

/** Server, conversation and user of `chat` and `tail`. */
export interface ChatOptions {
	/** Base URL of the server, `http:` or `https:`, without the path of the protocol. */
	readonly url: string;
	readonly conversationId: string;
	/** Returns the token. The client calls it again before the token expires. */
	readonly token: () => string | Promise<string>;
	/** Number of earlier entries to show first. */
	readonly history: number;
}

/** Lifetime of tokens that this command signs. The client renews them before they expire. */
const TTL_MS = 15 * 60_000;
const MOST_HISTORY = 10_000;

/**
 * Reads the flags.
 * @throws {StartupError} for an invalid value
 */
export async function chatOptions(
	conversation: string,
	flags: ChatFlags,
	defaultHistory: number,
): Promise<ChatOptions> {
	const conversationId = parseUuid(conversation);
	if (conversationId === undefined)
		throw new StartupError(
			`the conversation must be a UUID, such as ${crypto.randomUUID()}`,
		);
	return {
		url: urlOf(flags.url),
		conversationId,
		history: historyOf(flags.history, defaultHistory),
		token: await tokenOf(flags),
	};
}

function urlOf(address: string): string {
	const url = URL.parse(address);
	if (!url || !/^(ws|http)s?:$/.test(url.protocol) || url.search || url.hash)
		throw new StartupError(
			`--url: "${address}" is not the URL of a server; give a URL such as https://chat.example.com`,
		);
	const { href } = url;
	return href.replace(/^ws/, "http").replace(/\/*(\/v1\/ws\/chat)?$/, "");
}

function historyOf(text: string | undefined, otherwise: number): number {
	if (text === undefined) return otherwise;
	try {
		return integer(0, MOST_HISTORY)(text);
	} catch (error) {
		throw new StartupError(`--history must be ${(error as Error).message}`);
	}
}

async function tokenOf(flags: ChatFlags): Promise<ChatOptions["token"]> {
	const { user, token, tokenFile } = flags;
	const given = [user, token, tokenFile].filter((flag) => flag !== undefined);
	if (given.length > 1)
		throw new StartupError(
			"give one of --user, --token and --token-file, not several: each selects the user",
		);
	if (user !== undefined) return signed(user, flags);
	if (tokenFile !== undefined) {
		readTokenFile(tokenFile);
		// The file is read each time, because another program writes renewed tokens to it.
		return () => readTokenFile(tokenFile);
	}
	const text = token ?? process.env[TOKEN_VARIABLE];
	if (text === undefined || text.trim() === "")
		throw new StartupError(
			`no user is given: give --user UUID if this machine has the server's secret, or a token in ${TOKEN_VARIABLE} or --token-file`,
		);
	return () => text.trim();
}

async function signed(
	user: string,
	{ name, data }: ChatFlags,
): Promise<ChatOptions["token"]> {
	// The import loads the server, which a user with a token does not need.
	const { signerOf, userIdOf } = await import("../signer.ts");
	const userId = userIdOf(user);
	const sign = signerOf(data);
	return () => sign({ userId, name, ttlMs: TTL_MS });
}

function readTokenFile(file: string): string {
	try {
		return readFileSync(file, "utf8").trim();
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw new StartupError(
			`the token in ${file} cannot be read (${code}): give the name of a file that contains only a token`,
		);
	}
}
