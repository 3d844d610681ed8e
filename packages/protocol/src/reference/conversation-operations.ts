/** Operations that change conversations, roles and a user's own settings. */
import { HttpError } from "../errors.ts";
import { Rest } from "../rest.ts";
import { restExamples } from "./examples.ts";
import type { Operation } from "./operation.ts";

const ownersOnly = { 403: [HttpError.notParticipant, HttpError.notOwner] };
const badBody = {
	413: ["The body exceeds the message size limit."],
	415: ["The body's type is not `application/json`."],
};
const conversation = {
	description: "The conversation after the change.",
	schema: Rest.conversation,
	example: restExamples.conversation,
};

export const CONVERSATION_OPERATIONS: readonly Operation[] = [
	{
		id: "changeConversation",
		method: "patch",
		path: "/v1/conversations/{conversationId}",
		summary:
			"Changes title or metadata, closes a conversation or opens it again; owners only.",
		params: Rest.conversationParams,
		body: Rest.changeConversation,
		bodyExample: restExamples.changeConversation,
		successes: { 200: conversation },
		refusals: { ...ownersOnly, ...badBody },
	},
	{
		id: "deleteConversation",
		method: "delete",
		path: "/v1/conversations/{conversationId}",
		summary:
			"Deletes a conversation with everything in it and closes its connections; owners only.",
		params: Rest.conversationParams,
		successes: { 204: { description: "Deleted." } },
		refusals: ownersOnly,
	},
	{
		id: "changeParticipant",
		method: "patch",
		path: "/v1/conversations/{conversationId}/participants/{userId}",
		summary: "Gives a participant a role; owners only.",
		params: Rest.participantParams,
		body: Rest.changeParticipant,
		bodyExample: restExamples.changeParticipant,
		successes: { 200: conversation },
		refusals: {
			...ownersOnly,
			...badBody,
			404: [HttpError.unknownParticipant],
			409: [HttpError.lastOwner, HttpError.directConversation],
		},
	},
	{
		id: "changeOwnSettings",
		method: "put",
		path: "/v1/conversations/{conversationId}/me",
		summary: "Stores the user's own settings for a conversation.",
		params: Rest.conversationParams,
		body: Rest.changeOwnSettings,
		bodyExample: restExamples.changeOwnSettings,
		successes: {
			200: {
				description: "All settings as they are now.",
				schema: Rest.ownSettings,
				example: restExamples.ownSettings,
			},
		},
		refusals: { 403: [HttpError.notParticipant], ...badBody },
	},
];
