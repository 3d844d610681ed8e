import {
	encodeEntry,
	HttpError,
	Limits,
	MARK_LISTS,
	parseChat,
	Rest,
} from "@secureconnect/protocol";
import type { FastifyInstance } from "fastify";
import type { Static } from "typebox";
import type { Identity } from "../chat/authorise.ts";
import { HttpRefusal, notParticipant } from "../http-refusal.ts";
import type { PageCursor, TimelinePart } from "../log/contract.ts";
import { pageCursor } from "./page-cursor.ts";
import { encoded, longestEntry, longestTimeline, PAGE_BYTES } from "./pages.ts";
import { JSON_TYPE } from "./refusals.ts";
import { refusing } from "./refusing.ts";
import type { RestContext } from "./rest.ts";
import {
	encodeFolded,
	encodeTimeline,
	nextOf,
	readMessage,
	readTimeline,
} from "./timeline.ts";

type ConversationParams = { Params: Static<typeof Rest.conversationParams> };
type PageQuery = Static<typeof Rest.pageQuery>;

/** Defines the routes that read and send messages. */
export function messageRoutes(
	app: FastifyInstance,
	context: RestContext,
): void {
	const { commands, log, turns } = context;
	const config = { answerBytes: longestTimeline(context.maxMessageBytes) };

	app.get<ConversationParams & { Querystring: PageQuery }>(
		"/conversations/:conversationId/messages",
		{
			config,
			schema: { params: Rest.conversationParams, querystring: Rest.pageQuery },
		},
		async ({ params, query, identity }, reply) => {
			const conversationId = params.conversationId.toLowerCase();
			const cursor = await pageCursor(log, conversationId, query);
			const { view, thread_id } = query;
			if (view === "log" && thread_id !== undefined)
				throw new HttpRefusal(400, "thread_id requires view=timeline");
			const answer =
				view === "timeline" || thread_id !== undefined
					? await timeline(
							context,
							conversationId,
							identity,
							await partOf(context, conversationId, thread_id),
							cursor,
							query,
						)
					: await logPage(context, conversationId, identity, cursor, query);
			return reply.type(JSON_TYPE).send(answer);
		},
	);

	for (const { type, path } of MARK_LISTS)
		app.get<ConversationParams & { Querystring: PageQuery }>(
			`/conversations/:conversationId${path}`,
			{
				config,
				schema: {
					params: Rest.conversationParams,
					querystring: Rest.cursorQuery,
				},
			},
			async ({ params, query, identity }, reply) => {
				const conversationId = params.conversationId.toLowerCase();
				const cursor = await pageCursor(log, conversationId, query);
				const part = { kind: "marked", type } as const;
				return reply
					.type(JSON_TYPE)
					.send(
						await timeline(
							context,
							conversationId,
							identity,
							part,
							cursor,
							query,
						),
					);
			},
		);

	app.get<{ Params: Static<typeof Rest.messageParams> }>(
		"/conversations/:conversationId/messages/:messageId",
		{ config, schema: { params: Rest.messageParams } },
		async ({ params, identity }, reply) => {
			const message = await readMessage(
				context,
				params.conversationId.toLowerCase(),
				identity,
				params.messageId.toLowerCase(),
			);
			return reply
				.type(JSON_TYPE)
				.send(await encoded(turns, identity, () => encodeFolded(message)));
		},
	);

	app.post<ConversationParams & { Body: unknown }>(
		"/conversations/:conversationId/messages",
		{
			// The answer to a repeat has the message, which may have a long text by now.
			config: { answerBytes: longestEntry(context.maxMessageBytes) },
			schema: { params: Rest.conversationParams },
		},
		async ({ params, body, identity }, reply) => {
			if (typeof body !== "object" || body === null || Array.isArray(body))
				throw new HttpRefusal(400, "the body must be a JSON object");
			const parsed = parseChat({ ...body, type: "chat" });
			if (!parsed.ok) throw new HttpRefusal(400, parsed.error.message);
			const { entry, repeated } = await refusing(
				commands.sendChat(
					params.conversationId.toLowerCase(),
					identity.userId,
					parsed.value,
				),
			);
			return reply
				.code(repeated ? 200 : 201)
				.type(JSON_TYPE)
				.send(encodeEntry(entry));
		},
	);
}

async function logPage(
	{ log, turns }: RestContext,
	conversationId: string,
	identity: Identity,
	cursor: PageCursor | undefined,
	{ limit = Limits.defaultPageSize }: PageQuery,
): Promise<Buffer> {
	const page = await turns.take(identity.userId, () =>
		log.page(
			conversationId,
			identity.userId,
			cursor ?? { direction: "before", seq: Number.MAX_SAFE_INTEGER },
			limit,
			PAGE_BYTES,
		),
	);
	if (!page) throw notParticipant();
	if (!cursor) throw new HttpRefusal(404, HttpError.unknownCursor);
	const { entries, more } = page;
	const edge = entries.at(cursor.direction === "before" ? 0 : -1);
	return encoded(
		turns,
		identity,
		() =>
			`{"messages":[${entries.map(encodeEntry).join(",")}],"next":${nextOf(more, edge)},"epoch":"${log.epoch}"}`,
	);
}

async function timeline(
	context: RestContext,
	conversationId: string,
	identity: Identity,
	part: TimelinePart | undefined,
	cursor: PageCursor | undefined,
	{ limit }: PageQuery,
): Promise<Buffer> {
	const page = await readTimeline(
		context,
		conversationId,
		identity,
		part,
		cursor,
		limit,
	);
	const direction = cursor?.direction ?? "before";
	return encoded(context.turns, identity, () =>
		encodeTimeline(page, direction, context.log.epoch),
	);
}

/** Resolves to undefined if the thread begins at a message that is not in this conversation. */
async function partOf(
	{ log }: RestContext,
	conversationId: string,
	threadId: string | undefined,
): Promise<TimelinePart | undefined> {
	if (threadId === undefined) return { kind: "all" };
	const rootSeq = await log.seqOf(conversationId, threadId.toLowerCase());
	return rootSeq === undefined ? undefined : { kind: "thread", rootSeq };
}
