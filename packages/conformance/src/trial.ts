import { randomUUID } from "node:crypto";
import { SUBPROTOCOL } from "@secureconnect/protocol";
import { WebSocket } from "ws";
import { type Answer, ask, upgradeHeaders } from "./http.ts";
import { InboxClient } from "./inbox-client.ts";
import { RateLimit } from "./rate-limit.ts";
import { type Closing, PATIENCE_MS, TestClient } from "./test-client.ts";
import { type IssuedToken, LONG_SECONDS, type TokenSource } from "./tokens.ts";
import { Failed, Skipped } from "./verdict.ts";

/** Server under test and its known settings. */
export interface Target {
	/** `ws://` or `wss://`, host and port. */
	readonly url: URL;
	readonly tokens: TokenSource;
	readonly pingIntervalMs: number;
	readonly pongTimeoutMs: number;
}

/** Features of a server, detected before the checks begin. Checks use them for their setup, not for their verdict. */
export interface Traits {
	/** Conversations can be created over REST. */
	readonly rest: boolean;
	/** A connection alone does not make a user a participant. */
	readonly membersOnly: boolean;
	/** The server sends a connection its own `user_joined`. */
	readonly ownJoined: boolean;
	/** Chat frames carry `seq`. */
	readonly seq: boolean;
	/** The server selects the subprotocol. */
	readonly v1: boolean;
	/** The server knows frames that change messages. */
	readonly amendments: boolean;
	/** The server has a connection for all conversations of a user. */
	readonly inbox: boolean;
}

export type User = IssuedToken;

export interface ConnectOptions {
	/** Query parameters besides `conversation_id`. */
	readonly query?: Readonly<Record<string, string>>;
	readonly protocols?: readonly string[];
	/** Place of the token; the default is the header. */
	readonly token?: "header" | "query" | "none";
	readonly autoPong?: boolean;
	/** Connects with a new token of the user that expires this long after the connection's turn. */
	readonly ttlSeconds?: number;
}

export interface RestAnswer extends Answer {
	readonly body: unknown;
}

const CHAT_PATH = "/v1/ws/chat";
const INBOX_PATH = "/v1/ws/inbox";
export const V1 = { protocols: [SUBPROTOCOL] } as const;

const REQUESTS_PER_SECOND = 30;
const REQUESTS_AT_ONCE = 20;
const TIMES_REFUSED = 3;
const LONGEST_RETRY_AFTER_S = 15;
/** Wait for an event that has no visible end. */
const SETTLE_MS = 250;

/** Creates the rate limit for the handshakes and requests of all checks together. */
export function createRateLimit(): RateLimit {
	return new RateLimit(REQUESTS_PER_SECOND, REQUESTS_AT_ONCE);
}

/** One check's access to the server: users, conversations and connections. They end with the check. */
export class Trial {
	readonly target: Target;
	readonly traits: Traits;
	readonly #rateLimit: RateLimit;
	readonly #clients: TestClient[] = [];

	constructor(target: Target, traits: Traits, rateLimit: RateLimit) {
		this.target = target;
		this.traits = traits;
		this.#rateLimit = rateLimit;
	}

	user(
		wanted: { name?: string; ttlSeconds?: number; userId?: string } = {},
	): Promise<User> {
		return this.target.tokens.issue({
			userId: randomUUID(),
			ttlSeconds: LONG_SECONDS,
			...wanted,
		});
	}

	/** Requires REST. @throws {Skipped} if the server cannot create conversations over REST */
	needsRest(): void {
		if (!this.traits.rest)
			throw new Skipped("the check needs POST /v1/conversations (RS-4)");
	}

	/** Creates a conversation with these participants; the first user is its owner. */
	async room(owner: User, ...others: readonly User[]): Promise<string> {
		const id = randomUUID();
		if (!this.traits.rest) return id;
		const { status, text } = await this.rest("POST", "/conversations", owner, {
			conversation_id: id,
			participant_ids: others.map(({ userId }) => userId),
		});
		if (status !== 201)
			throw new Failed(
				"201 from POST /v1/conversations, which the check needs",
				`${status} ${text}`,
			);
		return id;
	}

	/** Creates two users with one connection each in a new conversation. */
	async pair(options: ConnectOptions = {}): Promise<{
		a: TestClient;
		b: TestClient;
		alice: User;
		bob: User;
		room: string;
	}> {
		const [alice, bob] = [await this.user(), await this.user()];
		const room = await this.room(alice, bob);
		const a = await this.connect(alice, room, options);
		const b = await this.connect(bob, room, options);
		return { a, b, alice, bob, room };
	}

	chatUrl(query: Readonly<Record<string, string>>): URL {
		const url = new URL(CHAT_PATH, this.target.url);
		url.search = new URLSearchParams(query).toString();
		return url;
	}

	/** Connects, and waits until the connection is in its conversation. */
	async connect(
		user: User,
		conversationId: string,
		options: ConnectOptions = {},
	): Promise<TestClient> {
		const peer = await this.open(user, conversationId, options);
		if (this.traits.ownJoined)
			await peer.find(
				"the connection's own user_joined",
				({ type, sender_id }) =>
					type === "user_joined" && sender_id === user.userId,
			);
		else await this.settle();
		return peer;
	}

	/** Waits for an event that has no visible end: a replay that may still change over to live frames. */
	async settle(): Promise<void> {
		await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
	}

	/** Whether a connection ended without a close frame and the suite did not cut it. */
	get brokeOff(): boolean {
		return this.#clients.some((client) => client.brokeOff);
	}

	/** Whether a message did not come back to its sender. */
	get uncopied(): boolean {
		return this.#clients.some((client) => client.uncopied);
	}

	/** Connects, and waits only until the connection is open. */
	async open(
		user: User,
		conversationId: string,
		options: ConnectOptions = {},
	): Promise<TestClient> {
		const { query } = options;
		const url = this.chatUrl({ conversation_id: conversationId, ...query });
		return this.#opened(
			user,
			url,
			options,
			(ws) => new TestClient(ws, user.userId, conversationId),
		);
	}

	/** Opens a connection for all of a user's conversations, and waits for its first frame. */
	async inbox(
		user: User,
		options: Omit<ConnectOptions, "protocols" | "query"> = {},
	): Promise<InboxClient> {
		const peer = await this.#opened(
			user,
			new URL(INBOX_PATH, this.target.url),
			{ ...options, ...V1 },
			(ws) => new InboxClient(ws, user.userId),
		);
		await peer.find(
			"the first frame, an inbox",
			({ type }) => type === "inbox",
		);
		return peer;
	}

	async #opened<T extends TestClient>(
		user: User,
		url: URL,
		options: ConnectOptions,
		attach: (ws: WebSocket) => T,
	): Promise<T> {
		const { ttlSeconds } = options;
		for (let refused = 0; ; refused++) {
			await this.#rateLimit.turn();
			const issuedAt = performance.now();
			const by =
				ttlSeconds === undefined
					? user
					: await this.user({ userId: user.userId, ttlSeconds });
			const opened = await this.#open(by, url, options, attach);
			if (opened instanceof TestClient) return opened;
			// On a busy machine the token may expire before the check looks at the connection.
			const tooLate =
				ttlSeconds !== undefined &&
				performance.now() - issuedAt > (ttlSeconds - 1) * 1000;
			if ((opened.status !== 429 && !tooLate) || refused >= TIMES_REFUSED)
				throw new Failed(
					"an accepted connection (101)",
					`${opened.status} ${opened.text}`,
				);
			if (!tooLate) await retryAfter(opened);
		}
	}

	/** Requests the chat path: a handshake unless `upgrade` is false. */
	async handshake(
		query: Readonly<Record<string, string>>,
		headers: Readonly<Record<string, string>>,
		upgrade = true,
	): Promise<Answer> {
		return this.#handshake(this.chatUrl(query), headers, upgrade);
	}

	/** Requests the path of the connection for all conversations. */
	async inboxHandshake(
		headers: Readonly<Record<string, string>>,
		upgrade = true,
	): Promise<Answer> {
		const url = new URL(INBOX_PATH, this.target.url);
		return this.#handshake(url, headers, upgrade);
	}

	#handshake(
		url: URL,
		headers: Readonly<Record<string, string>>,
		upgrade: boolean,
	): Promise<Answer> {
		return this.#ask(() =>
			ask(url, "GET", { ...(upgrade ? upgradeHeaders() : {}), ...headers }),
		);
	}

	/** Requests a path under `/v1`, with the user's token if there is a user. */
	async rest(
		method: string,
		path: string,
		user: User | undefined,
		body?: unknown,
		headers: Readonly<Record<string, string>> = {},
	): Promise<RestAnswer> {
		const answer = await this.#ask(() =>
			ask(
				new URL(`/v1${path}`, this.target.url),
				method,
				{
					...(user ? bearer(user.token) : {}),
					...(body === undefined ? {} : { "Content-Type": "application/json" }),
					...headers,
				},
				typeof body === "string" || body === undefined
					? body
					: JSON.stringify(body),
			),
		);
		return { ...answer, body: parsed(answer.text) };
	}

	/** Ends every open connection. */
	end(): void {
		for (const client of this.#clients) client.cut();
	}

	async #ask(request: () => Promise<Answer>): Promise<Answer> {
		for (let refused = 0; ; refused++) {
			await this.#rateLimit.turn();
			const answer = await request();
			if (answer.status !== 429 || refused >= TIMES_REFUSED) return answer;
			await retryAfter(answer);
		}
	}

	#open<T extends TestClient>(
		user: User,
		url: URL,
		options: ConnectOptions,
		attach: (ws: WebSocket) => T,
	): Promise<T | Answer> {
		const { token = "header", protocols = [] } = options;
		const target = new URL(url);
		if (token === "query") target.searchParams.set("access_token", user.token);
		const ws = new WebSocket(target, [...protocols], {
			headers: token === "header" ? bearer(user.token) : {},
			perMessageDeflate: false,
			handshakeTimeout: PATIENCE_MS,
			autoPong: options.autoPong ?? true,
		});
		const sentAt = performance.now();
		const peer = attach(ws);
		this.#clients.push(peer);
		return new Promise((resolve, reject) => {
			ws.once("open", () => resolve(peer));
			ws.once("error", (error) =>
				reject(new Failed("an accepted connection", error.message)),
			);
			ws.once("unexpected-response", (_request, response) => {
				let text = "";
				response.on("data", (chunk: Buffer) => {
					text += chunk.toString();
				});
				response.on("end", () =>
					resolve({
						status: response.statusCode ?? 0,
						headers: response.headers,
						text,
						sentAt,
					}),
				);
			});
		});
	}
}

export function bearer(token: string): { Authorization: string } {
	return { Authorization: `Bearer ${token}` };
}

/** Returns the headers of a handshake that offers the subprotocol. */
export function offering(token: string): Record<string, string> {
	return { ...bearer(token), "Sec-WebSocket-Protocol": SUBPROTOCOL };
}

/** Describes a close as text. */
export function inWords({ code, reason }: Closing): string {
	return reason === "" ? `close ${code}` : `close ${code} "${reason}"`;
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text) as unknown;
	} catch {
		return undefined;
	}
}

async function retryAfter({ headers }: Answer): Promise<void> {
	const seconds = Math.min(
		Number(headers["retry-after"] ?? 1) || 1,
		LONGEST_RETRY_AFTER_S,
	);
	await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
