import { readFileSync } from "node:fs";
import { parseUuid } from "@secureconnect/protocol";
import { StartupError } from "@secureconnect/server/startup-error";
import { TOKEN_VARIABLE } from "../settings.ts";
import { integer } from "../values.ts";

/** What `chat` and `tail` take. */
export interface ChatFlags {
	readonly url: string;
	readonly user?: string;
	readonly name?: string;
	readonly data?: string;
	readonly token?: string;
	readonly tokenFile?: string;
	readonly history?: string;
	readonly json?: boolean;
	/** Of `tail` alone. */
	readonly follow?: boolean;
}

/** Which conversation, where, and as whom. */
export interface ChatOptions {
	/** The server's, `http:` or `https:`, without a path of the protocol's own. */
	readonly url: string;
	readonly conversationId: string;
	/** Asked again whenever the last one is about to end. */
	readonly token: () => string | Promise<string>;
	/** Entries of before to begin with. */
	readonly history: number;
}

/** Of tokens that are signed here: renewed by itself long before. */
const TTL_MS = 15 * 60_000;
const MOST_HISTORY = 10_000;

/** @throws {StartupError} for what cannot be meant */
export async function chatOptions(
	conversation: string,
	flags: ChatFlags,
	defaultHistory: number,
): Promise<ChatOptions> {
	const conversationId = parseUuid(conversation);
	if (conversationId === undefined)
		throw new StartupError(
			`a conversation is named by a UUID, such as ${crypto.randomUUID()}`,
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
			`--url: "${address}" is no address of a server; give one such as https://chat.example.com`,
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
			"give one of --user, --token and --token-file: each says who you are",
		);
	if (user !== undefined) return signed(user, flags);
	if (tokenFile !== undefined) {
		readTokenFile(tokenFile);
		// Read anew each time: whoever renews tokens writes the next one there.
		return () => readTokenFile(tokenFile);
	}
	const text = token ?? process.env[TOKEN_VARIABLE];
	if (text === undefined || text.trim() === "")
		throw new StartupError(
			`who are you? Give --user UUID where this machine has the server's secret, or a token in ${TOKEN_VARIABLE} or --token-file`,
		);
	return () => text.trim();
}

async function signed(
	user: string,
	{ name, data }: ChatFlags,
): Promise<ChatOptions["token"]> {
	// It brings the server along, which nobody needs who has a token.
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
			`the token in ${file} cannot be read (${code}): give the name of a file that holds a token and nothing else`,
		);
	}
}
