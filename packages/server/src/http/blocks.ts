import {
	HttpError,
	Limits,
	Rest,
	rfc3339,
	toWire,
} from "@secureconnect/protocol";
import type { FastifyInstance } from "fastify";
import type { Static } from "typebox";
import type { Commands } from "../chat/commands.ts";
import type { Turns } from "../fair/turns.ts";
import { HttpRefusal } from "../http-refusal.ts";
import type { MessageLog } from "../log/contract.ts";
import { refusing } from "./refusing.ts";

/** Bytes of one block in the answer. */
const BLOCK_BYTES = 128;

type UserParams = { Params: Static<typeof Rest.userParams> };

/** Defines the routes for the users whom a user has blocked. */
export function blockRoutes(
	app: FastifyInstance,
	{
		commands,
		log,
		turns,
	}: { commands: Commands; log: MessageLog; turns: Turns },
): void {
	app.get(
		"/blocks",
		{ config: { answerBytes: Limits.maxBlocks * BLOCK_BYTES } },
		async ({ identity }) =>
			turns.take(identity.userId, async () => {
				const blocks = await log.blocksOf(identity.userId);
				return toWire({
					blocks: blocks.map(({ userId, createdAt }) => ({
						userId,
						createdAt: rfc3339(createdAt),
					})),
				});
			}),
	);

	app.put<UserParams>(
		"/blocks/:userId",
		{ schema: { params: Rest.userParams } },
		async ({ params, identity }, reply) => {
			const blockedId = params.userId.toLowerCase();
			if (blockedId === identity.userId)
				throw new HttpRefusal(400, "userId must be the id of another user");
			const { kind } = await refusing(
				commands.block(identity.userId, blockedId),
			);
			if (kind === "refused")
				throw new HttpRefusal(409, HttpError.tooManyBlocks);
			return reply.code(204).send();
		},
	);

	app.delete<UserParams>(
		"/blocks/:userId",
		{ schema: { params: Rest.userParams } },
		async ({ params, identity }, reply) => {
			await refusing(
				commands.unblock(identity.userId, params.userId.toLowerCase()),
			);
			return reply.code(204).send();
		},
	);
}
