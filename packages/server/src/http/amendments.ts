import {
	AMENDMENT_REQUESTS,
	type AmendmentRequest,
	encodeEntry,
	parseAmendment,
	Rest,
} from "@secureconnect/protocol";
import type { FastifyInstance } from "fastify";
import type { Commands } from "../chat/commands.ts";
import { HttpRefusal, unavailable } from "../http-refusal.ts";
import { longestAnswer } from "./pages.ts";
import { JSON_TYPE } from "./refusals.ts";
import { refusing } from "./refusing.ts";

interface Request {
	Params: { conversationId: string; messageId: string } & Record<
		string,
		string
	>;
	Querystring: Record<string, unknown>;
	Body: unknown;
}

/** Defines a route for every amendment of a message, from the table of entry types. */
export function amendmentRoutes(
	app: FastifyInstance,
	{
		commands,
		maxMessageBytes,
	}: { commands: Commands; maxMessageBytes: number },
): void {
	// The answer to a repeat has the entry, whose message may have a long text by now.
	const config = { answerBytes: longestAnswer(maxMessageBytes) };
	for (const request of AMENDMENT_REQUESTS)
		app.route<Request>({
			method: request.method.toUpperCase(),
			url: urlOf(request),
			config,
			schema: { params: Rest.messageParams },
			handler: async ({ params, query, body, identity }, reply) => {
				const { type, input, implied } = request;
				const { conversationId, messageId, ...named } = params;
				const fields = input === "body" ? body : query;
				if (
					typeof fields !== "object" ||
					fields === null ||
					Array.isArray(fields)
				)
					throw new HttpRefusal(400, "the body must be a JSON object");
				const parsed = parseAmendment(type, {
					...fields,
					...named,
					...implied,
					type,
					target_id: messageId,
				});
				if (!parsed.ok) throw new HttpRefusal(400, parsed.error.message);
				const { entry, repeated, erased } = await refusing(
					commands.amend(conversationId.toLowerCase(), identity, parsed.value),
				);
				if (erased && !(await erased)) throw unavailable();
				return reply
					.code(repeated ? 200 : 201)
					.type(JSON_TYPE)
					.send(encodeEntry(entry));
			},
		});
}

function urlOf({ path }: AmendmentRequest): string {
	const below = path.replace(/{(\w+)}/, ":$1");
	return `/conversations/:conversationId/messages/:messageId${below}`;
}
