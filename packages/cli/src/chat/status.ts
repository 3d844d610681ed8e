import type { ConnectionState, Conversation } from "@secureconnect/client";
import { printableLine } from "./printable.ts";

/**
 * Describes the state of a connection.
 * @param to destination, such as ` to http://...`, for a user who may have mistyped it
 */
export function stateInWords(state: ConnectionState, to = ""): string {
	switch (state.name) {
		case "open":
			return "connected";
		case "waiting":
		case "offline":
			return `no connection${to}, trying again`;
		case "authorising":
		case "connecting":
		case "probing":
			return state.attempts > 0
				? `no connection${to}, trying again`
				: "connecting";
		case "given_up":
			return "no connection";
		case "failed":
			return "ended";
		case "closed":
			return "closed";
	}
}

/** Reports connection states and server errors on standard error, never the content of messages. */
export function reportStatus(conversation: Conversation, url: string): void {
	const say = (text: string): void =>
		console.error(`secureconnect: ${printableLine(text)}`);
	let said = "connecting";
	conversation.on("state", (state) => {
		const words = stateInWords(state, ` to ${url}`);
		if (words === said || state.name === "failed" || state.name === "closed")
			return;
		// "connecting" between two attempts is not news.
		if (words === "connecting") return;
		said = words;
		say(words);
	});
	conversation.on("missing", ({ from, to }) =>
		say(`the server has lost the entries ${from} to ${to}`),
	);
	conversation.on("reset", ({ head }) =>
		say(
			`the server was restored from a backup: the conversation now has ${head} entries; the new ones follow`,
		),
	);
}
