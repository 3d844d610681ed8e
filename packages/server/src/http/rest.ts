import { randomUUID } from "node:crypto";
import {
	HttpError,
	isDeeperThan,
	Limits,
	parseUuid,
	Rest,
	toWire,
	whyUnstorable,
	whyUnstorableMetadata,
} from "@secureconnect/protocol";
import type { FastifyInstance, FastifyPluginCallback } from "fastify";
import type { Static } from "typebox";
import { bearerToken, identify } from "../auth/identify.ts";
import type { Verify } from "../auth/verify.ts";
import type { Doorkeeper, Identity } from "../chat/authorise.ts";
import type { Commands } from "../chat/commands.ts";
import type { ConversationCommands } from "../chat/conversation-commands.ts";
import type { Hub } from "../chat/hub.ts";
import type { TokenNames } from "../chat/token-names.ts";
import type { Shares } from "../fair/shares.ts";
import type { Turns } from "../fair/turns.ts";
import { HttpRefusal, notParticipant } from "../http-refusal.ts";
import type { ListPlace, MessageLog } from "../log/contract.ts";
import { amendmentRoutes } from "./amendments.ts";
import type { Answers } from "./answers.ts";
import { blockRoutes } from "./blocks.ts";
import { boundAnswers, boundBodies } from "./bounds.ts";
import { directAnswer, settingsRoutes } from "./conversation-settings.ts";
import { conversationView, encodeSummary } from "./conversation-view.ts";
import { messageRoutes } from "./messages.ts";
import { encoded, longestAnswer, PAGE_BYTES } from "./pages.ts";
import { receipts } from "./receipts.ts";
import { JSON_TYPE } from "./refusals.ts";
import { forbidden, refusing } from "./refusing.ts";

export interface RestContext {
	readonly commands: Commands;
	readonly conversations: ConversationCommands;
	readonly doorkeeper: Doorkeeper;
	readonly hub: Hub;
	readonly names: TokenNames;
	readonly log: MessageLog;
	/** Turns in which heavy reads run, by user. */
	readonly turns: Turns;
	/** Limits on the bytes of answers in preparation or transfer. */
	readonly answers: Answers;
	/** Limits on the bytes of bodies in transfer. */
	readonly incoming: Shares;
	readonly maxMessageBytes: number;
}

type ConversationParams = { Params: Static<typeof Rest.conversationParams> };
type ParticipantParams = { Params: Static<typeof Rest.participantParams> };

const MAX_PRESENCE = 1000;

/**
 * Defines the REST API under `/v1`. It makes the same checks in the same order as the handshake, and runs the same
 * commands as the frames.
 */
export function restRoutes(
	verify: Verify,
	context: RestContext,
): FastifyPluginCallback {
	return (app, _options, done) => {
		app.decorateRequest("identity");
		app.addHook("onRequest", async (request) => {
			request.identity = await identify(bearerToken(request.raw), verify);
		});
		app.addHook("onRequest", async ({ query }) => {
			const { epoch } = query as { epoch?: unknown };
			if (
				epoch !== undefined &&
				String(epoch).toLowerCase() !== context.log.epoch
			)
				throw new HttpRefusal(412, HttpError.epochChanged);
		});
		boundBodies(app, context.incoming, context.maxMessageBytes);
		boundAnswers(app, context.answers);
		app.addHook("preHandler", async ({ identity }) => {
			await context.names.keep(identity);
		});
		conversationRoutes(app, context);
		participantRoutes(app, context);
		messageRoutes(app, context);
		amendmentRoutes(app, context);
		settingsRoutes(app, context);
		blockRoutes(app, context);
		done();
	};
}

declare module "fastify" {
	interface FastifyRequest {
		identity: Identity;
	}
}

function conversationRoutes(app: FastifyInstance, context: RestContext): void {
	const { commands, doorkeeper, hub, log, turns } = context;
	const direct = directAnswer(context);
	const config = { answerBytes: longestAnswer(context.maxMessageBytes) };

	app.post<{ Body: Static<typeof Rest.createConversation> }>(
		"/conversations",
		{ config, schema: { body: Rest.createConversation } },
		async ({ body, identity }, reply) => {
			if (isDeeperThan(body, Limits.maxDepth))
				throw new HttpRefusal(
					400,
					`JSON must be at most ${Limits.maxDepth} levels deep`,
				);
			if (body.direct !== undefined) return direct(body, identity, reply);
			const { metadata = {}, title = null, participant_ids } = body;
			if (!participant_ids)
				throw new HttpRefusal(400, "participant_ids is required");
			const why = whyUnstorable(title) ?? whyUnstorableMetadata(metadata);
			if (why) throw new HttpRefusal(400, why);
			const conversationId = parseUuid(body.conversation_id) ?? randomUUID();
			const outcome = await refusing(
				commands.createConversation(conversationId, identity, {
					title,
					metadata,
					participantIds: participant_ids.map((id) => id.toLowerCase()),
				}),
			);
			if (outcome.kind === "refused") {
				if (outcome.reason !== "exists") throw forbidden(outcome.reason);
				throw (await doorkeeper.maySee(conversationId, identity))
					? new HttpRefusal(409, HttpError.conversationExists)
					: notParticipant();
			}
			reply.code(201);
			return turns.take(identity.userId, () =>
				conversationView(context, conversationId, identity),
			);
		},
	);

	app.get<{ Querystring: Static<typeof Rest.listQuery> }>(
		"/conversations",
		{ config, schema: { querystring: Rest.listQuery } },
		async ({ query, identity }, reply) => {
			const page = await log.conversationsOf(
				identity.userId,
				query.limit ?? Limits.defaultPageSize,
				PAGE_BYTES,
				query.after === undefined ? undefined : listPlace(query.after),
				(part) => turns.take(identity.userId, async () => part()),
			);
			if (!page) throw new HttpRefusal(400, HttpError.unknownCursor);
			const { conversations, next } = page;
			const cursor = next && `${next.asOf}.${next.activity}.${next.key}`;
			return reply
				.type(JSON_TYPE)
				.send(
					await encoded(
						turns,
						identity,
						() =>
							`{"conversations":[${conversations.map((it) => encodeSummary(it, identity.userId)).join(",")}],"next":${JSON.stringify(cursor)},"epoch":"${log.epoch}"}`,
					),
				);
		},
	);

	app.get<ConversationParams>(
		"/conversations/:conversationId",
		{ config, schema: { params: Rest.conversationParams } },
		async ({ params, identity }) => {
			const conversationId = params.conversationId.toLowerCase();
			return turns.take(identity.userId, async () => {
				if (!(await doorkeeper.maySee(conversationId, identity)))
					throw notParticipant();
				return conversationView(context, conversationId, identity);
			});
		},
	);

	app.get<ConversationParams>(
		"/conversations/:conversationId/receipts",
		{ config, schema: { params: Rest.conversationParams } },
		async ({ params, identity }) => {
			const conversationId = params.conversationId.toLowerCase();
			return turns.take(identity.userId, async () => {
				if (!(await doorkeeper.maySee(conversationId, identity)))
					throw notParticipant();
				return toWire({
					receipts: await receipts(log, conversationId, Date.now()),
				});
			});
		},
	);

	app.get<ConversationParams>(
		"/conversations/:conversationId/presence",
		{ config, schema: { params: Rest.conversationParams } },
		async ({ params, identity }) => {
			const conversationId = params.conversationId.toLowerCase();
			if (!(await doorkeeper.maySee(conversationId, identity)))
				throw notParticipant();
			return toWire(hub.presence(conversationId, MAX_PRESENCE));
		},
	);
}

function participantRoutes(app: FastifyInstance, context: RestContext): void {
	const { commands, turns } = context;
	const config = { answerBytes: longestAnswer(context.maxMessageBytes) };

	app.post<ConversationParams & { Body: Static<typeof Rest.addParticipants> }>(
		"/conversations/:conversationId/participants",
		{
			config,
			schema: { params: Rest.conversationParams, body: Rest.addParticipants },
		},
		async ({ params, body, identity }) => {
			const conversationId = params.conversationId.toLowerCase();
			const outcome = await refusing(
				commands.addParticipants(
					conversationId,
					identity,
					body.participant_ids.map((id) => id.toLowerCase()),
				),
			);
			if (outcome.kind === "refused") throw forbidden(outcome.reason);
			return turns.take(identity.userId, () =>
				conversationView(context, conversationId, identity),
			);
		},
	);

	app.delete<ParticipantParams>(
		"/conversations/:conversationId/participants/:userId",
		{ schema: { params: Rest.participantParams } },
		async ({ params, identity }, reply) => {
			const outcome = await refusing(
				commands.removeParticipant(
					params.conversationId.toLowerCase(),
					identity,
					params.userId.toLowerCase(),
				),
			);
			if (outcome.kind === "refused") throw forbidden(outcome.reason);
			return reply.code(204).send();
		},
	);
}

function listPlace(after: string): ListPlace {
	const [asOf, activity, key] =
		/^(\d{1,15})\.(\d{1,15})\.(\d{1,15})$/.exec(after)?.slice(1).map(Number) ??
		[];
	if (asOf === undefined || activity === undefined || key === undefined)
		throw new HttpRefusal(400, HttpError.unknownCursor);
	return { asOf, activity, key };
}
