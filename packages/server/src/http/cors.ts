import type { FastifyInstance } from "fastify";
import type { OriginPolicy } from "../gateway/origin.ts";
import { checkOrigin } from "../gateway/origin.ts";

/**
 * Adds CORS (the Fetch standard, section 3.2). Origins that may connect may also send requests, with a bearer token and
 * without cookies.
 */
export function crossOrigin(app: FastifyInstance, origins: OriginPolicy): void {
	app.addHook("onRequest", async (request, reply) => {
		reply.header("Vary", "Origin");
		checkOrigin(request.raw, origins);
		if (request.headers.origin !== undefined)
			reply.headers({
				"Access-Control-Allow-Origin": request.headers.origin,
				"Access-Control-Expose-Headers": "Retry-After",
			});
	});
	app.options("/*", async (_request, reply) =>
		reply
			.code(204)
			.headers({
				"Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
				"Access-Control-Allow-Headers": "Authorization, Content-Type",
				"Access-Control-Max-Age": "600",
			})
			.send(),
	);
}
