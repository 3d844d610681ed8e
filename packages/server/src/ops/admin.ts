import { parseUuid } from "@secureconnect/protocol";
import Fastify, { type FastifyInstance } from "fastify";
import type { Registry } from "prom-client";
import type { Gateway } from "../gateway/gateway.ts";
import { isLoopback } from "../gateway/origin.ts";

/**
 * The operator's port: no token, so it listens on loopback unless told otherwise, and answers no web page: a page that
 * somebody has open on this machine can reach loopback too, but cannot leave out its `Origin`.
 */
export function createAdmin(
	metrics: Registry,
	gateway: Gateway,
): FastifyInstance {
	const app = Fastify({ logger: false, forceCloseConnections: true });
	app.addHook("onRequest", async (request, reply) => {
		// A page that has its own name resolve to this machine sends no Origin, but its name as Host.
		if (request.headers.origin !== undefined || !isLoopback(request.hostname))
			return reply.code(403).send({ error: "origin not allowed" });
	});
	app.get("/metrics", async (_request, reply) =>
		reply.type(metrics.contentType).send(await metrics.metrics()),
	);
	app.post<{ Params: { userId: string } }>(
		"/admin/users/:userId/disconnect",
		async ({ params }, reply) => {
			const userId = parseUuid(params.userId);
			if (userId === undefined)
				return reply.code(400).send({ error: "invalid user_id" });
			return { disconnected: gateway.disconnect(userId) };
		},
	);
	return app;
}
