import { isUtf8 } from "node:buffer";
import {
	hasTooMuchStructure,
	Limits,
	whyInexact,
} from "@secureconnect/protocol";
import type { FastifyInstance } from "fastify";
import type { Turns } from "../fair/turns.ts";
import { HttpRefusal } from "../http-refusal.ts";
import { refusalOf } from "./refusals.ts";

const CHARSET = /;\s*charset\s*=\s*"?([^\s";]+)/i;

/**
 * Reads bodies of JSON in UTF-8. Refuses bodies that would be costly to parse or that could not be stored unchanged.
 */
export function readJsonBodies(app: FastifyInstance, turns: Turns): void {
	const parse = app.getDefaultJsonParser("error", "ignore");
	app.addContentTypeParser(
		"application/json",
		{ parseAs: "buffer" },
		(request, body, done) => {
			// Some clients set the content type on every request, even on a DELETE without a body.
			if (body.length === 0) {
				done(null, undefined);
				return;
			}
			// Parsing 1 MiB takes some milliseconds, and many bodies of one user may end at the same moment.
			turns.run(request.identity?.userId ?? "", () => {
				const refusal = whyUnreadable(
					request.headers["content-type"],
					body as Buffer,
				);
				if (refusal) {
					done(refusal, undefined);
					return;
				}
				const text = body.toString();
				const why = whyRefused(text);
				if (why) done(new HttpRefusal(400, why), undefined);
				else
					void parse(request, text, (error, value) =>
						done(error && new HttpRefusal(400, "the body is not JSON"), value),
					);
			});
		},
	);
}

function whyUnreadable(
	contentType: string | undefined,
	body: Buffer,
): HttpRefusal | undefined {
	const charset = CHARSET.exec(contentType ?? "")?.[1];
	// "utf8" is not a registered name, but some clients send it.
	if (charset !== undefined && !/^utf-?8$/i.test(charset))
		return refusalOf(415);
	// Decoding would replace invalid bytes with U+FFFD.
	return isUtf8(body)
		? undefined
		: new HttpRefusal(400, "the body is not valid UTF-8");
}

function whyRefused(text: string): string | undefined {
	return hasTooMuchStructure(text)
		? `the body has more than ${Limits.maxStructureCharacters} characters outside its strings`
		: whyInexact(text);
}
