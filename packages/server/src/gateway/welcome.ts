import { Limits, type ServerFrameOf } from "@secureconnect/protocol";
import type { Identity } from "../chat/authorise.ts";

/** Part of a `welcome` that describes the socket: the server's settings and the token. */
export type SocketFields = Pick<
	ServerFrameOf["welcome"],
	"limits" | "intervals" | "expiresAt"
>;

export interface SocketSettings {
	readonly maxMessageBytes: number;
	readonly pingIntervalMs: number;
	readonly pongTimeoutMs: number;
}

export function socketFields(
	settings: SocketSettings,
	{ expiresAt }: Identity,
): SocketFields {
	return {
		limits: {
			maxMessageBytes: settings.maxMessageBytes,
			maxMetadataBytes: Limits.maxMetadataBytes,
			maxDepth: Limits.maxDepth,
			maxMessageTypeLength: Limits.maxMessageTypeLength,
		},
		intervals: {
			pingMs: settings.pingIntervalMs,
			pongTimeoutMs: settings.pongTimeoutMs,
		},
		expiresAt: new Date(expiresAt).toISOString(),
	};
}
