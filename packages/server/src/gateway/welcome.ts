import { Limits } from "@secureconnect/protocol";
import type { Identity } from "../chat/authorise.ts";
import type { WelcomeFields } from "../chat/hub.ts";

/** Returns the fields of a `welcome` that describe the server's settings and the token. */
export function welcomeFields(
	settings: {
		readonly maxMessageBytes: number;
		readonly pingIntervalMs: number;
		readonly pongTimeoutMs: number;
	},
	{ expiresAt }: Identity,
): WelcomeFields {
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
