import type { IncomingMessage } from "node:http";
import { HttpError, parseUuid } from "@secureconnect/protocol";
import Fastify, { type FastifyInstance } from "fastify";
import type { Registry } from "prom-client";
import type { Gateway } from "../gateway/gateway.ts";
import { isLoopback } from "../gateway/origin.ts";
import { Gate } from "../http/gate.ts";
import { asRefusal, JSON_TYPE, refuse } from "../http/refusals.ts";
import { HttpRefusal } from "../http-refusal.ts";

/**
 * Creates the operator's port. It requires no token, so by default it listens on loopback only. It answers no web page:
 * a page in a browser on this machine can also reach loopback, but it cannot omit its `Origin`.
 */
export function createAdmin(
	metrics: Registry,
	gateway: Gateway,
): FastifyInstance {
	const gate = new Gate({ check: whyNotLocal });
	const app = Fastify({
		logger: false,
		serverFactory: (handle) => gate.server({}, handle),
		forceCloseConnections: true,
		// The gate answers requests that Node's parser refuses.
		clientErrorHandler: () => {},
		frameworkErrors: (error, _request, reply) =>
			refuse(reply.raw, asRefusal(error)),
		return503OnClosing: false,
	});
	app.setErrorHandler((error, _request, reply) => {
		const { status, headers, body } = asRefusal(error);
		return reply.code(status).headers(headers).type(JSON_TYPE).send(body);
	});
	app.setNotFoundHandler(() => {
		throw new HttpRefusal(404, HttpError.notFound);
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

function whyNotLocal({ headers }: IncomingMessage): HttpRefusal | undefined {
	// A page whose own name resolves to this machine sends no Origin, but it sends that name as Host.
	const host = URL.parse(`http://${headers.host ?? ""}`)?.hostname;
	return headers.origin === undefined && host !== undefined && isLoopback(host)
		? undefined
		: new HttpRefusal(403, HttpError.originNotAllowed);
}
