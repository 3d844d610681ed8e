import { HttpError } from "@secureconnect/protocol";

const RETRY_AFTER_SECONDS = "2";

/** Reason for a refusal, for the operator's log. It says more than the answer does and contains no token. */
export type RefusalReason =
	| { readonly of: "token"; readonly why: string }
	| { readonly of: "origin"; readonly origin: string };

/** Refusal of a request: a status, a body `{"error": ...}`, and headers. */
export class HttpRefusal extends Error {
	override readonly name = "HttpRefusal";
	readonly status: number;
	readonly headers: Readonly<Record<string, string>>;
	readonly reason: RefusalReason | undefined;

	constructor(
		status: number,
		error: string,
		headers: Readonly<Record<string, string>> = {},
		reason?: RefusalReason,
	) {
		super(error);
		this.status = status;
		this.headers = headers;
		this.reason = reason;
	}

	get body(): string {
		return JSON.stringify({ error: this.message });
	}
}

/**
 * Creates the refusal of a user who is not a participant. It has the same bytes if the conversation does not exist.
 */
export function notParticipant(): HttpRefusal {
	return new HttpRefusal(403, HttpError.notParticipant);
}

/** Creates the refusal of a request that may succeed later. */
export function unavailable(): HttpRefusal {
	return new HttpRefusal(503, HttpError.unavailable, {
		"Retry-After": RETRY_AFTER_SECONDS,
	});
}
