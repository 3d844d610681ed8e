/** Description of a REST operation, and the answers that operations share. */
import type { TObject, TSchema } from "typebox";
import { HttpError } from "../errors.ts";

interface Success {
	readonly description: string;
	/** Schema of the body; absent if the answer has no body. */
	readonly schema?: TSchema;
	readonly example?: unknown;
}

export interface Operation {
	readonly id: string;
	readonly method: "get" | "post" | "put" | "patch" | "delete";
	readonly path: string;
	readonly summary: string;
	readonly params?: TObject;
	readonly query?: TObject;
	readonly body?: TSchema;
	readonly bodyExample?: unknown;
	readonly successes: Readonly<Record<number, Success>>;
	/** Errors of each status, in addition to those of every operation. */
	readonly refusals?: Readonly<Record<number, readonly string[]>>;
	/** Whether the operation needs no token. */
	readonly open?: true;
}

/** Errors that every operation under `/v1` may return. */
export const COMMON_REFUSALS: Readonly<Record<number, readonly string[]>> = {
	400: ["A text that names the invalid field."],
	401: [HttpError.unauthorized],
	403: [HttpError.originNotAllowed],
	412: [HttpError.epochChanged],
	500: [HttpError.invalidUserId, HttpError.internal],
	503: [HttpError.unavailable],
};

export const notThere = { 403: [HttpError.notParticipant] };
export const badBody = {
	413: ["The body exceeds the message size limit."],
	415: ["The body's type is not `application/json`."],
};
