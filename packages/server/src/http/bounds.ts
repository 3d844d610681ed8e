/** Hooks that limit the memory that requests and answers hold. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import type { Shares } from "../fair/shares.ts";
import { unavailable } from "../http-refusal.ts";
import type { Answers } from "./answers.ts";

declare module "fastify" {
	interface FastifyContextConfig {
		/** Bytes of the longest answer that the route can give; absent if its answers are short. */
		readonly answerBytes?: number;
	}
}

/** Bytes that are taken for one exchange and given back when it ends, or earlier. */
class HeldBytes {
	#bytes = 0;
	#give: ((bytes: number) => void) | undefined;

	/**
	 * Takes over bytes that were taken for an exchange.
	 * @param response response at whose end the bytes are given back; it must not have closed
	 */
	hold(
		bytes: number,
		response: ServerResponse,
		give: (bytes: number) => void,
	): void {
		this.#bytes = bytes;
		this.#give = give;
		response.once("close", () => this.shrink(0));
	}

	/** Gives back all but `bytes` bytes. */
	shrink(bytes: number): void {
		const more = this.#bytes - bytes;
		if (more <= 0) return;
		this.#bytes = bytes;
		this.#give?.(more);
	}
}

/**
 * Counts each body for its user, from before its first byte is read until the answer is sent. The hook that verifies
 * the token must run first.
 * @param maxBytes maximum size of one body
 */
export function boundBodies(
	app: FastifyInstance,
	incoming: Shares,
	maxBytes: number,
): void {
	const bodies = new WeakMap<IncomingMessage, HeldBytes>();
	app.addHook("onRequest", async ({ raw, identity }, reply) => {
		const bytes = bodyBytes(raw, maxBytes);
		if (bytes === 0 || raw.socket.destroyed) return;
		const { userId } = identity;
		if (!incoming.take(userId, bytes)) throw unavailable();
		const held = new HeldBytes();
		held.hold(bytes, reply.raw, (given) => incoming.give(userId, given));
		bodies.set(raw, held);
	});
	app.addHook("onSend", async ({ raw }, _reply, payload) => {
		bodies.get(raw)?.shrink(0);
		return payload;
	});
}

/**
 * Counts answers of routes with `answerBytes` for their user, from before they are made until they have left the
 * process.
 */
export function boundAnswers(app: FastifyInstance, answers: Answers): void {
	const made = new WeakMap<IncomingMessage, HeldBytes>();
	app.addHook("preHandler", async ({ raw, identity, routeOptions }, reply) => {
		const bytes = routeOptions.config.answerBytes;
		if (bytes === undefined) return;
		const { userId } = identity;
		if (!(await answers.take(userId, bytes))) throw unavailable();
		if (raw.socket.destroyed) {
			answers.give(userId, bytes);
			throw unavailable();
		}
		const held = new HeldBytes();
		held.hold(bytes, reply.raw, (given) => answers.give(userId, given));
		made.set(raw, held);
	});
	app.addHook("onSend", async ({ raw }, _reply, payload) => {
		made.get(raw)?.shrink(lengthOf(payload));
		return payload;
	});
}

/**
 * Returns the number of bytes that a body may take; 0 if there is no body, or if its announced length is too long and
 * it is refused unread.
 */
function bodyBytes({ headers }: IncomingMessage, maxBytes: number): number {
	if (headers["transfer-encoding"] !== undefined) return maxBytes;
	const length = Number(headers["content-length"] ?? 0);
	return length <= maxBytes ? length : 0;
}

function lengthOf(payload: unknown): number {
	if (typeof payload === "string") return Buffer.byteLength(payload);
	return payload instanceof Uint8Array ? payload.byteLength : 0;
}
