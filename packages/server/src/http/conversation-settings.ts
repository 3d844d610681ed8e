/** Routes that change conversations, roles and a user's own settings, and direct conversations. */
import {
	isDeeperThan,
	Limits,
	Rest,
	toWire,
	type WireRest,
	whyUnstorable,
	whyUnstorableMetadata,
} from "@secureconnect/protocol";
import type { FastifyInstance, FastifyReply } from "fastify";
import type { Identity } from "../chat/authorise.ts";
import { HttpRefusal, notParticipant } from "../http-refusal.ts";
import type { OwnSettings } from "../log/contract.ts";
import { conversationView, settingsView } from "./conversation-view.ts";
import { longestAnswer } from "./pages.ts";
import { forbidden, refusing } from "./refusing.ts";
import type { RestContext } from "./rest.ts";

type ConversationParams = { Params: WireRest["conversationParams"] };
type ParticipantParams = { Params: WireRest["participantParams"] };

export function settingsRoutes(
	app: FastifyInstance,
	context: RestContext,
): void {
	const { conversations, turns } = context;
	const config = { answerBytes: longestAnswer(context.maxMessageBytes) };

	app.patch<ConversationParams & { Body: WireRest["changeConversation"] }>(
		"/conversations/:conversationId",
		{
			config,
			schema: {
				params: Rest.conversationParams,
				body: Rest.changeConversation,
			},
		},
		async ({ params, body, identity }) => {
			const conversationId = params.conversationId.toLowerCase();
			const { title, metadata, closed } = body;
			checkStorable(body, title, metadata);
			const outcome = await refusing(
				conversations.change(conversationId, identity, {
					...(title === undefined ? {} : { title }),
					...(metadata === undefined ? {} : { metadata }),
					...(closed === undefined ? {} : { closed }),
				}),
			);
			if (outcome.kind === "refused") throw forbidden(outcome.reason);
			return turns.take(identity.userId, () =>
				conversationView(context, conversationId, identity),
			);
		},
	);

	app.delete<ConversationParams>(
		"/conversations/:conversationId",
		{ schema: { params: Rest.conversationParams } },
		async ({ params, identity }, reply) => {
			const outcome = await refusing(
				conversations.delete(params.conversationId.toLowerCase(), identity),
			);
			if (outcome.kind === "refused") throw forbidden(outcome.reason);
			return reply.code(204).send();
		},
	);

	app.patch<ParticipantParams & { Body: WireRest["changeParticipant"] }>(
		"/conversations/:conversationId/participants/:userId",
		{
			config,
			schema: { params: Rest.participantParams, body: Rest.changeParticipant },
		},
		async ({ params, body, identity }) => {
			const conversationId = params.conversationId.toLowerCase();
			const outcome = await refusing(
				conversations.assignRole(
					conversationId,
					identity,
					params.userId.toLowerCase(),
					body.role,
				),
			);
			if (outcome.kind === "refused") throw forbidden(outcome.reason);
			return turns.take(identity.userId, () =>
				conversationView(context, conversationId, identity),
			);
		},
	);

	app.put<ConversationParams & { Body: WireRest["changeOwnSettings"] }>(
		"/conversations/:conversationId/me",
		{
			schema: {
				params: Rest.conversationParams,
				body: Rest.changeOwnSettings,
			},
		},
		async ({ params, body, identity }) => {
			const outcome = await refusing(
				conversations.configure(
					params.conversationId.toLowerCase(),
					identity.userId,
					ownSettings(body),
				),
			);
			if (outcome.kind === "refused") throw notParticipant();
			return toWire(settingsView(outcome.settings));
		},
	);
}

/** Returns the handler that finds or creates a direct conversation. */
export function directAnswer(context: RestContext) {
	return async (
		{ direct = "", ...others }: WireRest["createConversation"],
		identity: Identity,
		reply: FastifyReply,
	): Promise<unknown> => {
		const [other] = Object.keys(others);
		if (other !== undefined)
			throw new HttpRefusal(400, `direct does not go with ${other}`);
		const otherId = direct.toLowerCase();
		if (otherId === identity.userId)
			throw new HttpRefusal(400, "direct must be another user's id");
		const outcome = await refusing(
			context.conversations.findOrCreateDirect(identity, otherId),
		);
		if (outcome.kind === "refused") throw forbidden(outcome.reason);
		reply.code(outcome.created ? 201 : 200);
		return context.turns.take(identity.userId, () =>
			conversationView(context, outcome.conversationId, identity),
		);
	};
}

/** Checks a conversation's fields as at its creation. */
function checkStorable(
	body: unknown,
	title: string | null | undefined,
	metadata: Record<string, unknown> | undefined,
): void {
	if (isDeeperThan(body, Limits.maxDepth))
		throw new HttpRefusal(
			400,
			`JSON must be at most ${Limits.maxDepth} levels deep`,
		);
	const why =
		whyUnstorable(title ?? null) ??
		(metadata === undefined ? undefined : whyUnstorableMetadata(metadata));
	if (why) throw new HttpRefusal(400, why);
}

function ownSettings({
	muted_until,
	archived,
	favourite,
	marked_unread,
}: WireRest["changeOwnSettings"]): Partial<OwnSettings> {
	return {
		...(muted_until === undefined ? {} : { mutedUntil: timeOf(muted_until) }),
		...(archived === undefined ? {} : { archived }),
		...(favourite === undefined ? {} : { favourite }),
		...(marked_unread === undefined ? {} : { markedUnread: marked_unread }),
	};
}

function timeOf(text: string | null): number | null {
	if (text === null) return null;
	const ms = Date.parse(text);
	if (!Number.isFinite(ms))
		throw new HttpRefusal(400, "muted_until must be a date-time or null");
	return ms;
}
