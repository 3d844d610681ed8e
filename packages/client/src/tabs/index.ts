import { openSocket } from "#transport";
import type { SubscriptionOptions } from "../subscription.ts";
import type { OpenSocket } from "../transport/transport.ts";
import { type Newest, Tab } from "./tab.ts";

/**
 * Returns a transport whose sockets the tabs of one origin and one user share. Without the browser's locks and
 * channels, or without the user's id, each socket is its own.
 */
export function tabTransport({
	endpoint,
	tokens,
	deviceId,
}: SubscriptionOptions): OpenSocket {
	const newest: Newest = new Map();
	return (url, protocols, handlers) => {
		const { userId } = tokens;
		if (
			userId === undefined ||
			typeof BroadcastChannel === "undefined" ||
			// A browser has no locks on an insecure page, and an older Node has none at all.
			!(globalThis.navigator as Partial<Navigator> | undefined)?.locks
		)
			return openSocket(url, protocols, handlers);
		const who = [endpoint.rest, userId, deviceId ?? ""];
		return new Tab(
			`secureconnect-socket ${who.join(" ")}`,
			newest,
			(own) => openSocket(url, protocols, own),
			handlers,
		);
	};
}
