import type { IncomingMessage, ServerOptions } from "node:http";
import type { Duplex } from "node:stream";
import { HttpError } from "@secureconnect/protocol";
import Fastify, {
	type FastifyBaseLogger,
	type FastifyInstance,
	type FastifyReply,
	type FastifyRequest,
	LogController,
} from "fastify";
import type { Logger } from "pino";
import { bearerToken, identify } from "../auth/identify.ts";
import type { Verify } from "../auth/verify.ts";
import type { Turns } from "../fair/turns.ts";
import type { Gateway } from "../gateway/gateway.ts";
import {
	checkOrigin,
	isOriginAllowed,
	type OriginPolicy,
} from "../gateway/origin.ts";
import { HttpRefusal, type RefusalReason } from "../http-refusal.ts";
import { acceptedEncoding } from "./accept-encoding.ts";
import { crossOrigin } from "./cors.ts";
import { Gate } from "./gate.ts";
import { readJsonBodies } from "./json-body.ts";
import { asRefusal, JSON_TYPE, refuse } from "./refusals.ts";
import { type RestContext, restRoutes } from "./rest.ts";
import { validatorCompiler } from "./validation.ts";

export interface AppOptions {
	readonly origins: OriginPolicy;
	readonly maxMessageBytes: number;
	/** Static documents to serve, by path. */
	readonly pages: ReadonlyMap<string, WebPage>;
	/** Answers to POST requests, by path. Only web pages of this machine may call them. */
	readonly localAnswers: ReadonlyMap<string, LocalAnswer>;
	readonly log: Logger;
	readonly turns: Turns;
	readonly verify: Verify;
	readonly onRefused: (reason: RefusalReason) => void;
	/** Returns whether the server accepts messages, for `/readyz`. */
	readonly status: () => "ready" | "draining" | "unavailable";
	readonly rest: RestContext;
}

export interface WebPage {
	// The server reads the fields at each request, so that a page can be made for its first reader.
	readonly contentType: string;
	readonly body: string | Buffer;
	/** Compressed bodies by name of the encoding. The server sends the first one that a client accepts. */
	readonly encoded?: Readonly<Record<string, Buffer>>;
	/** Headers in addition to those of every page. They override headers of the same name. */
	readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Answers a POST request from a page of this machine.
 * @param body any JSON value from the request
 */
export type LocalAnswer = (body: unknown) => Promise<unknown>;

const API_PREFIX = "/v1";
/** Maximum number of bytes of an oversized body that the server reads, so that the client receives the answer. */
const MAX_DROPPED_BYTES = 16 * 1024 * 1024;

/** Longer than any request head that Node accepts. */
const MAX_URL_LENGTH = 65_536;
const HTTP_OPTIONS: ServerOptions = {
	requestTimeout: 30_000,
	// Without this, Node checks the two timeouts only every 30 s.
	connectionsCheckingInterval: 2000,
	headersTimeout: 10_000,
	// An offer of any other protocol, such as h2c, is a plain request to this server (RFC 9110, section 7.8).
	shouldUpgradeCallback: (request: IncomingMessage) =>
		request.headers.upgrade?.toLowerCase() === "websocket",
};

/** Allows no script and nothing from other origins. A console may connect to this server. */
const PAGE_POLICY =
	"default-src 'none'; style-src 'unsafe-inline'; img-src data:; connect-src 'self' ws:";

/** Creates everything on the main port: the upgrade, REST and the health endpoints. */
export function createApp(
	options: AppOptions,
	gateway: Gateway,
): FastifyInstance {
	// Suppresses Fastify's own log lines, such as one per address that it listens on.
	const log: FastifyBaseLogger = options.log.child({}, { level: "warn" });
	const gate = new Gate({ turns: options.turns });
	const app = Fastify({
		loggerInstance: log,
		serverFactory: (handle) => gate.server(HTTP_OPTIONS, handle),
		// Request URLs may contain tokens, so no code may log them.
		logController: new LogController({ disableRequestLogging: true }),
		bodyLimit: options.maxMessageBytes,
		forceCloseConnections: "idle",
		// The gate answers requests that Node's parser refuses.
		clientErrorHandler: () => {},
		frameworkErrors: (error, request, reply) =>
			void refuseUrl(error, request, reply, options),
		// Lets a long id reach validation, which refuses it because it is not a UUID.
		routerOptions: { maxParamLength: MAX_URL_LENGTH },
		// Fastify's own answer would have a different shape.
		return503OnClosing: false,
	});
	app.setValidatorCompiler(validatorCompiler);
	readJsonBodies(app, options.turns);
	app.setErrorHandler((error, request, reply) => {
		const refusal = asRefusal(error);
		if (refusal.reason) options.onRefused(refusal.reason);
		if (refusal.status === 500 && !(error instanceof HttpRefusal))
			options.log.error({ err: error }, "a request failed");
		// Fastify would close the connection while the body is still arriving. A proxy would then lose the answer and
		// return 502. If the connection stays open, Node reads the rest and drops it.
		if (
			refusal.status === 413 &&
			Number(request.headers["content-length"]) <= MAX_DROPPED_BYTES
		)
			reply.removeHeader("connection");
		return reply
			.code(refusal.status)
			.headers(refusal.headers)
			.type(JSON_TYPE)
			.send(refusal.body);
	});
	app.setNotFoundHandler(() => {
		throw new HttpRefusal(404, HttpError.notFound);
	});

	app.server.on(
		"upgrade",
		(request: IncomingMessage, socket: Duplex, head: Buffer) => {
			// An earlier request on this socket has no answer yet. The client would take the WebSocket's frames for that
			// answer.
			if (gate.isBusy(socket)) socket.destroy();
			else
				void gateway.upgrade(pathOf(request.url ?? ""), request, socket, head);
		},
	);
	app.get("/healthz", async () => ({ status: "ok" }));
	app.get("/readyz", async (_request, reply) => {
		const status = options.status();
		return reply.code(status === "ready" ? 200 : 503).send({ status });
	});
	for (const [path, page] of options.pages)
		app.get(path, async (request, reply) => {
			const { contentType, body, encoded = {}, headers } = page;
			const encoding = acceptedEncoding(
				request.headers["accept-encoding"],
				Object.keys(encoded),
			);
			if (encoding !== undefined) reply.header("Content-Encoding", encoding);
			return reply
				.type(contentType)
				.headers({
					"Content-Security-Policy": PAGE_POLICY,
					"X-Content-Type-Options": "nosniff",
					Vary: "Accept-Encoding",
					...headers,
				})
				.send(encoding === undefined ? body : encoded[encoding]);
		});
	for (const [path, answer] of options.localAnswers)
		app.post(path, async ({ raw, body }, reply) => {
			// Browsers send `Origin` with every POST. DNS rebinding does not help an attacker, because the page then sends
			// its own name.
			const { origin, host } = raw.headers;
			if (
				origin === undefined ||
				!isOriginAllowed({ kind: "loopback" }, origin, host)
			)
				throw new HttpRefusal(403, HttpError.originNotAllowed);
			return reply.header("Cache-Control", "no-store").send(await answer(body));
		});
	void app.register(
		(v1, _options, done) => {
			crossOrigin(v1, options.origins);
			// A page cannot see why its handshake was refused, but it can request the reason here.
			for (const path of gateway.paths)
				v1.get(path.slice(API_PREFIX.length), async (request) => {
					throw await gateway.refuse(path, request.raw);
				});
			void v1.register(restRoutes(options.verify, options.rest));
			done();
		},
		{ prefix: API_PREFIX },
	);
	return app;
}

/** Refuses a URL that cannot be decoded, after the checks that come first for every request (RS-1). */
async function refuseUrl(
	error: unknown,
	request: FastifyRequest,
	reply: FastifyReply,
	{ origins, verify, onRefused }: AppOptions,
): Promise<void> {
	let refusal = asRefusal(error);
	if (request.raw.url?.startsWith(`${API_PREFIX}/`))
		try {
			checkOrigin(request.raw, origins);
			await identify(bearerToken(request.raw), verify);
		} catch (earlier) {
			refusal = asRefusal(earlier);
		}
	if (refusal.reason) onRefused(refusal.reason);
	refuse(reply.raw, refusal);
}

/**
 * Returns the path of a request target, including targets in absolute form, which some proxies send (RFC 9112, section
 * 3.2.2).
 */
function pathOf(target: string): string {
	return target.replace(/^https?:\/\/[^/?]*/i, "").split("?", 1)[0] ?? "";
}
