/** Operations on one message and lists of marked messages, derived from the table of entry types. */
import Type from "typebox";
import {
	AMENDMENT_REQUESTS,
	type AmendmentRequest,
	MARK_LISTS,
} from "../amendment-requests.ts";
import { ENTRY_TYPES } from "../entry-types.ts";
import { HttpError } from "../errors.ts";
import { ClientFrames, ServerFrames } from "../frames.ts";
import { Rest } from "../rest.ts";
import { clientExamples, restExamples, serverExamples } from "./examples.ts";
import { badBody, notThere, type Operation } from "./operation.ts";

const CONVERSATION = "/v1/conversations/{conversationId}";
const MESSAGE = `${CONVERSATION}/messages/{messageId}`;

export const MESSAGE_OPERATIONS: readonly Operation[] = [
	{
		id: "getMessage",
		method: "get",
		path: MESSAGE,
		summary: "Returns a message as it is now, with its marks and its thread.",
		params: Rest.messageParams,
		successes: {
			200: {
				description: "The message.",
				schema: Rest.message,
				example: restExamples.foldedMessage,
			},
		},
		refusals: { ...notThere, 404: [HttpError.unknownMessage] },
	},
	...AMENDMENT_REQUESTS.map(amending),
	...MARK_LISTS.map(
		({ type, path }): Operation => ({
			id: `list${capitalised(type)}s`,
			method: "get",
			path: CONVERSATION + path,
			summary: `Lists the messages with a ${type}, ascending by \`seq\`.`,
			params: Rest.conversationParams,
			query: Rest.cursorQuery,
			successes: {
				200: {
					description: "A page of the list.",
					schema: Rest.timelinePage,
					example: restExamples.timelinePage,
				},
			},
			refusals: { ...notThere, 404: [HttpError.unknownCursor] },
		}),
	),
];

function amending(request: AmendmentRequest): Operation {
	const { type, method, path, params, input, fields, implied } = request;
	const { fold } = ENTRY_TYPES[type];
	const { description } = ClientFrames[type] as { description?: string };
	const { type: _, target_id: __, ...bodyExample } = clientExamples[type];
	const isMark = fold.kind === "mark";
	const isBody = input === "body";
	return {
		id: isMark
			? `${implied.on === true ? "set" : "clear"}${capitalised(type)}`
			: `${type}Message`,
		method,
		path: MESSAGE + path,
		summary: `${description} The same command as the frame \`${type}\`${
			isMark ? ` with \`"on": ${implied.on}\`` : ""
		}.`,
		params,
		...(isBody ? { body: fields, bodyExample } : { query: fields }),
		successes: {
			200: {
				description: isMark
					? "Nothing changed: the entry that set this state, or the message if there is none. Also the answer to a repeated `client_message_id`."
					: "The entry that this `client_message_id` made the first time.",
				schema: isMark
					? Type.Union([ServerFrames[type], ServerFrames.chat])
					: ServerFrames[type],
				example: serverExamples[type],
			},
			201: {
				description: "The entry, as every connection gets it.",
				schema: ServerFrames[type],
				example: serverExamples[type],
			},
		},
		refusals: {
			...(isBody ? badBody : {}),
			403: [HttpError.notParticipant, HttpError.forbidden, HttpError.readOnly],
			404: [HttpError.unknownMessage],
			409: [
				HttpError.clientMessageIdConflict,
				...(isMark ? [HttpError.limitReached] : []),
				...("if_version" in fields.properties
					? [HttpError.versionConflict]
					: []),
			],
			410: [HttpError.messageDeleted],
		},
	};
}

/** Returns a word with its first letter as a capital. */
export function capitalised(word: string): string {
	return word.charAt(0).toUpperCase() + word.slice(1);
}
