/**
 * `@secureconnect/client/rest`: conversations and participants over REST. A separate entry point keeps it out of
 * pages that only chat.
 */
import type { HttpError, RestShapes, WireRest } from "@secureconnect/protocol";
import { fromWire, wireKey, withKeys } from "@secureconnect/protocol/wire";
import type { ClientOptions } from "./client.ts";
import { endpointOf } from "./endpoint.ts";
import { ChatError, type ClientErrorCode } from "./errors.ts";
import { HttpClient } from "./http-client.ts";
import { TokenSource } from "./token.ts";

/**
 * A conversation in the user's list. `unread`: messages of others after the user's watermark, counted among the
 * newest 200 entries.
 */
export type ConversationSummary = ConversationPage["conversations"][number];
/** A page of the list. `next`: the `after` of the next page, null on the last page. */
export type ConversationPage = RestShapes["conversationList"];
/** Details of a conversation. `participants`: the first 1,000 of `participantCount`. */
export type ConversationDetails = RestShapes["conversation"];
export type Participant = ConversationDetails["participants"][number];
/** A user's read watermark and the delivery state of the user's devices. */
export type Receipt = RestShapes["receipts"]["receipts"][number];
/** Users who are online. `count` may exceed the number listed. */
export type PresenceList = RestShapes["presence"];

/** A conversation to create. */
export interface NewConversation {
	/** A UUID chosen by the caller. The server creates one if it is omitted. */
	readonly conversationId?: string;
	/** At most 256 characters. */
	readonly title?: string;
	/** Any JSON object, stored unchanged; at most 16,384 bytes as JSON. */
	readonly metadata?: Readonly<Record<string, unknown>>;
	/** UUIDs, at most 1,000. The creator may be omitted. */
	readonly participantIds: readonly string[];
}

/**
 * One user's requests to one server. Every method rejects with a {@link ChatError}. Retrying does not help with
 * `unauthorized`, `forbidden` (not a participant, no such conversation, or not an owner), `bad_request`,
 * `not_found`, `conflict`, `conversation_full`, `too_many_additions`, `epoch_changed` and `too_large`.
 * `request_failed` may be temporary. `status` is the server's HTTP status, or undefined if there was no answer.
 */
export interface ChatRest {
	/**
	 * Lists the user's conversations, most recently active first. `limit`: default 50, maximum 100. `after` and
	 * `epoch`: `next` and `epoch` of the previous page. With `epoch`, a server that was restored from a backup in
	 * between answers `epoch_changed`.
	 */
	conversations(page?: {
		readonly limit?: number;
		readonly after?: string;
		readonly epoch?: string | undefined;
	}): Promise<ConversationPage>;
	conversation(id: string): Promise<ConversationDetails>;
	/** Creates a conversation; the creator becomes its owner. Rejects with `conflict` if the id is taken. */
	create(conversation: NewConversation): Promise<ConversationDetails>;
	/**
	 * Adds participants; only owners may. Existing participants are not an error. On `conversation_full` and
	 * `too_many_additions` no user was added.
	 */
	addParticipants(
		id: string,
		userIds: readonly string[],
	): Promise<ConversationDetails>;
	/** Removes a participant; only owners may. Every user may remove themselves, which means to leave. */
	removeParticipant(id: string, userId: string): Promise<void>;
	/** Lists the receipts of a conversation. */
	receipts(id: string): Promise<readonly Receipt[]>;
	/** Returns the users who are online in a conversation. */
	presence(id: string): Promise<PresenceList>;
}

/**
 * Creates a REST client.
 * @param options `url` and `token` as for `createClient`. The client calls `token` once for all requests, and again
 * when the token is due for renewal or was rejected
 * @throws {TypeError} if `url` is not a URL or has a scheme other than `http(s):` or `ws(s):`
 * @example
 * ```ts
 * const rest = createRest({ url: "http://localhost:8082", token });
 * const { conversations } = await rest.conversations();
 * ```
 */
export function createRest({
	url,
	token,
	userId,
}: Pick<ClientOptions, "url" | "token" | "userId">): ChatRest {
	const http = new HttpClient(
		endpointOf(url).rest,
		new TokenSource(token, userId),
	);

	const request = async (
		path: string,
		method = "GET",
		body?: unknown,
	): Promise<Response> => {
		try {
			return await http.request(`/v1/conversations${path}`, {
				method,
				// A blob sets the content type of the request.
				...(body === undefined ? {} : { body: json(body) }),
			});
		} catch (error) {
			throw refusal(error);
		}
	};
	const read = async <K extends keyof WireRest>(
		answer: Promise<Response>,
	): Promise<RestShapes[K]> => {
		const response = await answer;
		try {
			return fromWire((await response.json()) as WireRest[K]) as RestShapes[K];
		} catch (error) {
			throw refusal(error);
		}
	};
	const at = (id: string): string => `/${encodeURIComponent(id)}`;

	return {
		conversations({ limit, after, epoch } = {}) {
			const query = new URLSearchParams();
			if (limit !== undefined) query.set("limit", String(limit));
			if (after !== undefined) query.set("after", after);
			if (epoch !== undefined) query.set("epoch", epoch);
			return read<"conversationList">(request(`?${query}`));
		},
		conversation: (id) => read<"conversation">(request(at(id))),
		create: (conversation) =>
			read<"conversation">(request("", "POST", conversation)),
		addParticipants: (id, participantIds) =>
			read<"conversation">(
				request(`${at(id)}/participants`, "POST", { participantIds }),
			),
		async removeParticipant(id, userId) {
			await request(`${at(id)}/participants${at(userId)}`, "DELETE");
		},
		async receipts(id) {
			const answer = request(`${at(id)}/receipts`);
			return (await read<"receipts">(answer)).receipts;
		},
		presence: (id) => read<"presence">(request(`${at(id)}/presence`)),
	};
}

function json(body: unknown): Blob {
	return new Blob([JSON.stringify(withKeys(body, wireKey))], {
		type: "application/json",
	});
}

/** Error codes by HTTP status. All other statuses may be temporary. */
const CODES: Readonly<Record<number, ClientErrorCode>> = {
	400: "bad_request",
	404: "not_found",
	405: "bad_request",
	413: "too_large",
	415: "bad_request",
	422: "bad_request",
};

/** Typed by the protocol's constants without importing them, so that a page does not load the whole package. */
const FULL: (typeof HttpError)["tooManyParticipants"] = "too many participants";
const UNANSWERED: (typeof HttpError)["tooManyUnansweredAdditions"] =
	"too many unanswered additions";

/** Returns the code for a refusal that `HttpClient` does not map; undefined if it may be temporary. */
function codeOf({
	message,
	status = 0,
}: ChatError): ClientErrorCode | undefined {
	if (status !== 409) return CODES[status];
	if (message.includes(FULL)) return "conversation_full";
	return message.includes(UNANSWERED) ? "too_many_additions" : "conflict";
}

/**
 * Converts a failure without a valid answer. `fetch` and the application's `token` throw arbitrary values; `cause`
 * keeps them.
 */
function refusal(error: unknown): ChatError {
	if (error instanceof ChatError) {
		const code = error.code === "request_failed" && codeOf(error);
		return code ? new ChatError(code, error.message, error.status) : error;
	}
	const why = error instanceof Error ? error.message : String(error);
	return Object.assign(new ChatError("request_failed", why), { cause: error });
}
