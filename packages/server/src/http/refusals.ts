/**
 * Defines the only shape of HTTP errors: `{"error": ...}`. Of the request it repeats nothing but the name of a field.
 */
import type { ServerResponse } from "node:http";
import { HttpError } from "@secureconnect/protocol";
import { HttpRefusal } from "../http-refusal.ts";

export const JSON_TYPE = "application/json; charset=utf-8";

/** Texts for errors that the framework or Node's parser detects. Their own messages may repeat the URL or a header. */
const MESSAGES: Readonly<Record<number, string>> = {
	400: "bad request",
	404: HttpError.notFound,
	405: "method not allowed",
	408: "the request did not arrive in time",
	413: "the body is too long",
	414: "the URL is too long",
	415: "the body must be application/json in UTF-8",
	431: "the headers are too long",
};

/** Converts any error into a refusal. The refusal for an error of the server itself does not contain the cause. */
export function asRefusal(error: unknown): HttpRefusal {
	if (error instanceof HttpRefusal) return error;
	if (
		error instanceof Error &&
		"statusCode" in error &&
		typeof error.statusCode === "number" &&
		error.statusCode < 500
	)
		return refusalOf(error.statusCode);
	return new HttpRefusal(500, HttpError.internal);
}

/** Converts an error of Node's HTTP server into a refusal. */
export function refusalOfParser(error: NodeJS.ErrnoException): HttpRefusal {
	switch (error.code) {
		case "ERR_HTTP_REQUEST_TIMEOUT":
			return refusalOf(408);
		case "HPE_HEADER_OVERFLOW":
			return refusalOf(431);
		case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
			return refusalOf(413);
		default:
			return refusalOf(400);
	}
}

/** Answers a request that never reaches the framework. */
export function refuse(response: ServerResponse, refusal: HttpRefusal): void {
	response
		.writeHead(refusal.status, {
			"Content-Type": JSON_TYPE,
			"Content-Length": Buffer.byteLength(refusal.body),
			...refusal.headers,
		})
		.end(refusal.body);
}

/** Creates a refusal with the default text of a status. */
export function refusalOf(status: number): HttpRefusal {
	return new HttpRefusal(status, MESSAGES[status] ?? "bad request");
}
