/** `@secureconnect/client/rest`: conversations and participants over REST. An entry of its own, for pages that only chat do not pay for it. */
import type { HttpError, RestShapes, WireRest } from "@secureconnect/protocol";
import { fromWire, wireKey, withKeys } from "@secureconnect/protocol/wire";
import type { ClientOptions } from "./client.ts";
import { endpointOf } from "./endpoint.ts";
import { ChatError, type ClientErrorCode } from "./errors.ts";
import { Rest } from "./rest.ts";
import { TokenSource } from "./token.ts";

/** A conversation in the list of one's own. `unread`: messages of others since, counted among the newest 200 entries. */
export type ConversationSummary = ConversationPage["conversations"][number];
/** `next`: the `after` of the next page, null at the end. */
export type ConversationPage = RestShapes["conversationList"];
/** `participants`: the first 1,000 of `participantCount`. */
export type ConversationDetails = RestShapes["conversation"];
export type Participant = ConversationDetails["participants"][number];
/** How far a user has read, and what reached their devices. */
export type Receipt = RestShapes["receipts"]["receipts"][number];
/** Who is on line; `count` may be more than are listed. */
export type PresenceList = RestShapes["presence"];

export interface NewConversation {
	/** A UUID of one's own; the server makes one where it is left out. */
	readonly conversationId?: string;
	/** At most 256 characters. */
	readonly title?: string;
	/** Anything that JSON has, kept as it is; at most 16,384 bytes as JSON. */
	readonly metadata?: Readonly<Record<string, unknown>>;
	/** UUIDs, at most 1,000; oneself need not be among them. */
	readonly participantIds: readonly string[];
}

/**
 * One user's requests to one server. Every method rejects with a {@link ChatError}: `unauthorized`; `forbidden`, no participant, no such
 * conversation, or not an owner; `bad_request`, `not_found`, `conflict`, `conversation_full`, `too_many_additions`, `epoch_changed`
 * and `too_large`, which no repetition helps; or `request_failed`, which may pass. Its `status` is the server's, or undefined where there was no answer.
 */
export interface ChatRest {
	/**
	 * Lists the user's conversations, most recently active first. `limit`: 50 unless given, at most 100; `after` and `epoch`: the
	 * `next` and the `epoch` of the page before. With `epoch` a server that was set back meanwhile answers `epoch_changed`.
	 */
	conversations(page?: {
		readonly limit?: number;
		readonly after?: string;
		readonly epoch?: string | undefined;
	}): Promise<ConversationPage>;
	conversation(id: string): Promise<ConversationDetails>;
	/** Who creates it owns it. Where the id is taken: `conflict`. */
	create(conversation: NewConversation): Promise<ConversationDetails>;
	/** For owners. A user who takes part already is no error. `conversation_full` and `too_many_additions`: nobody was added. */
	addParticipants(
		id: string,
		userIds: readonly string[],
	): Promise<ConversationDetails>;
	/** For owners; anybody may remove themselves, which is to leave. */
	removeParticipant(id: string, userId: string): Promise<void>;
	receipts(id: string): Promise<readonly Receipt[]>;
	presence(id: string): Promise<PresenceList>;
}

/**
 * @param options `url` and `token` as for `createClient`; `token` is asked once for all requests until it is due or refused
 * @throws {TypeError} for a `url` that is none, or begins with something else than `http(s):` or `ws(s):`
 */
export function createRest({
	url,
	token,
	userId,
}: Pick<ClientOptions, "url" | "token" | "userId">): ChatRest {
	const rest = new Rest(endpointOf(url).rest, new TokenSource(token, userId));

	const request = async (
		path: string,
		method = "GET",
		body?: unknown,
	): Promise<Response> => {
		try {
			return await rest.request(`/v1/conversations${path}`, {
				method,
				// A blob brings its content type along.
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

/** By HTTP status, what to do about a refusal is the same; the others may pass. */
const CODES: Readonly<Record<number, ClientErrorCode>> = {
	400: "bad_request",
	404: "not_found",
	405: "bad_request",
	413: "too_large",
	415: "bad_request",
	422: "bad_request",
};

/** Typed by the protocol's own list, of which a page need not load the rest. */
const FULL: (typeof HttpError)["tooManyParticipants"] = "too many participants";
const UNANSWERED: (typeof HttpError)["tooManyUnansweredAdditions"] =
	"too many unanswered additions";

/** Says what a refusal means that `Rest` has no code for; undefined where it may pass. */
function codeOf({
	message,
	status = 0,
}: ChatError): ClientErrorCode | undefined {
	if (status !== 409) return CODES[status];
	if (message.includes(FULL)) return "conversation_full";
	return message.includes(UNANSWERED) ? "too_many_additions" : "conflict";
}

/** Without an answer, or with one that is none: `fetch` and the application's own `token` throw what they like, kept as `cause`. */
function refusal(error: unknown): ChatError {
	if (error instanceof ChatError) {
		const code = error.code === "request_failed" && codeOf(error);
		return code ? new ChatError(code, error.message, error.status) : error;
	}
	const why = error instanceof Error ? error.message : String(error);
	return Object.assign(new ChatError("request_failed", why), { cause: error });
}
