/** Operations of the REST API. A test compares them with the server's routes. */
import Type from "typebox";
import { HttpError } from "../errors.ts";
import { ClientFrames, ServerFrames } from "../frames.ts";
import { Rest } from "../rest.ts";
import { CONVERSATION_OPERATIONS } from "./conversation-operations.ts";
import { restExamples } from "./examples.ts";
import { MESSAGE_OPERATIONS } from "./message-operations.ts";
import { badBody, notThere, type Operation } from "./operation.ts";

/** Body of a message over REST: the frame without its type. */
export const SendMessage = Type.Omit(ClientFrames.chat, ["type"]);
const Health = Type.Object({ status: Type.String() });

const ownersOnly = { 403: [HttpError.notParticipant, HttpError.notOwner] };
const tooMany = [
	HttpError.tooManyParticipants,
	HttpError.tooManyUnansweredAdditions,
];
export const OPERATIONS: readonly Operation[] = [
	{
		id: "createConversation",
		method: "post",
		path: "/v1/conversations",
		summary:
			"Creates a conversation that its creator owns, or finds or creates the direct conversation with a user.",
		body: Rest.createConversation,
		bodyExample: restExamples.createConversation,
		successes: {
			200: {
				description: "The direct conversation, which existed.",
				schema: Rest.conversation,
				example: restExamples.conversation,
			},
			201: {
				description: "The conversation.",
				schema: Rest.conversation,
				example: restExamples.conversation,
			},
		},
		refusals: {
			403: [HttpError.notParticipant, HttpError.forbidden],
			...badBody,
			409: [HttpError.conversationExists, ...tooMany],
		},
	},
	{
		id: "listConversations",
		method: "get",
		path: "/v1/conversations",
		summary: "Lists the user's conversations, most recently active first.",
		query: Rest.listQuery,
		successes: {
			200: {
				description: "A page of the list.",
				schema: Rest.conversationList,
				example: restExamples.conversationList,
			},
		},
	},
	{
		id: "getConversation",
		method: "get",
		path: "/v1/conversations/{conversationId}",
		summary: "Returns a conversation with its first 1,000 participants.",
		params: Rest.conversationParams,
		successes: {
			200: {
				description: "The conversation.",
				schema: Rest.conversation,
				example: restExamples.conversation,
			},
		},
		refusals: notThere,
	},
	...CONVERSATION_OPERATIONS,
	{
		id: "addParticipants",
		method: "post",
		path: "/v1/conversations/{conversationId}/participants",
		summary: "Adds participants. Only owners may do this.",
		params: Rest.conversationParams,
		body: Rest.addParticipants,
		bodyExample: restExamples.addParticipants,
		successes: {
			200: {
				description: "The conversation after the change.",
				schema: Rest.conversation,
				example: restExamples.conversation,
			},
		},
		refusals: {
			...ownersOnly,
			...badBody,
			409: [HttpError.directConversation, ...tooMany],
		},
	},
	{
		id: "removeParticipant",
		method: "delete",
		path: "/v1/conversations/{conversationId}/participants/{userId}",
		summary:
			"Removes a participant and closes that user's connections. An owner may remove anyone, other users only themselves.",
		params: Rest.participantParams,
		successes: { 204: { description: "Removed." } },
		refusals: {
			...ownersOnly,
			404: [HttpError.unknownParticipant],
			409: [HttpError.directConversation],
		},
	},
	{
		id: "listMessages",
		method: "get",
		path: "/v1/conversations/{conversationId}/messages",
		summary:
			"Returns a page of entries of every type, in ascending order of `seq`: the newest entries, or those before or after a cursor.",
		params: Rest.conversationParams,
		query: Rest.pageQuery,
		successes: {
			200: {
				description: "The page.",
				schema: Type.Union([Rest.messagePage, Rest.timelinePage]),
				example: restExamples.messagePage,
			},
		},
		refusals: {
			...notThere,
			404: [HttpError.unknownCursor, HttpError.unknownMessage],
		},
	},
	{
		id: "sendMessage",
		method: "post",
		path: "/v1/conversations/{conversationId}/messages",
		summary: "Sends a message, like the `chat` frame.",
		params: Rest.conversationParams,
		body: SendMessage,
		bodyExample: restExamples.sendMessage,
		successes: {
			200: {
				description:
					"The message that the first request with this `client_message_id` created.",
				schema: ServerFrames.chat,
				example: restExamples.message,
			},
			201: {
				description: "The message, as every connection receives it.",
				schema: ServerFrames.chat,
				example: restExamples.message,
			},
		},
		refusals: {
			...badBody,
			403: [HttpError.notParticipant, HttpError.readOnly, HttpError.forbidden],
			404: [HttpError.unknownMessage],
			409: [HttpError.clientMessageIdConflict],
		},
	},
	...MESSAGE_OPERATIONS,
	{
		id: "getReceipts",
		method: "get",
		path: "/v1/conversations/{conversationId}/receipts",
		summary: "Returns how far each participant has read and received.",
		params: Rest.conversationParams,
		successes: {
			200: {
				description: "The receipts.",
				schema: Rest.receipts,
				example: restExamples.receipts,
			},
		},
		refusals: notThere,
	},
	{
		id: "getPresence",
		method: "get",
		path: "/v1/conversations/{conversationId}/presence",
		summary: "Lists the users who are online, each once.",
		params: Rest.conversationParams,
		successes: {
			200: {
				description: "The first 1,000 users and the total number.",
				schema: Rest.presence,
				example: restExamples.presence,
			},
		},
		refusals: notThere,
	},
	{
		id: "listBlocks",
		method: "get",
		path: "/v1/blocks",
		summary: "Lists the users whom the user has blocked.",
		successes: {
			200: {
				description: "All blocked users, ordered by id.",
				schema: Rest.blocks,
				example: restExamples.blocks,
			},
		},
	},
	{
		id: "block",
		method: "put",
		path: "/v1/blocks/{userId}",
		summary: "Prevents another user from adding the user to conversations.",
		params: Rest.userParams,
		successes: { 204: { description: "The user is blocked." } },
		refusals: { 409: [HttpError.tooManyBlocks] },
	},
	{
		id: "unblock",
		method: "delete",
		path: "/v1/blocks/{userId}",
		summary: "Removes a block.",
		params: Rest.userParams,
		successes: { 204: { description: "The user is not blocked." } },
	},
	{
		id: "health",
		method: "get",
		path: "/healthz",
		summary: "Reports that the process runs.",
		successes: {
			200: {
				description: "The process runs.",
				schema: Health,
				example: restExamples.health,
			},
		},
		open: true,
	},
	{
		id: "readiness",
		method: "get",
		path: "/readyz",
		summary:
			"Reports whether the server stores messages. The answer is 503 while the server stops and while its log cannot accept writes.",
		successes: {
			200: {
				description: "The server stores messages.",
				schema: Health,
				example: { status: "ready" },
			},
			503: {
				description:
					"The server is stopping (`draining`) or its log cannot accept writes (`unavailable`).",
				schema: Health,
				example: { status: "draining" },
			},
		},
		open: true,
	},
];
