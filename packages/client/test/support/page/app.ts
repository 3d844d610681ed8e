/**
 * The page of the browser tests: a small application of the SDK that continues after a reload as any application
 * does.
 */
import {
	type ClientErrorCode,
	type ConnectionState,
	type Conversation,
	createClient,
	type SentMessage,
	type StorageProblem,
} from "@secureconnect/client";

const query = new URLSearchParams(location.search);

/** Reads a parameter of the page's address. */
function given(name: string): string {
	return query.get(name) ?? "";
}

const client = createClient({
	url: given("server"),
	userId: given("user"),
	shareTabs: given("share") !== "",
	token: async () => {
		const response = await fetch(`/token?user=${given("user")}`);
		if (!response.ok) throw new Error(`no token: ${response.status}`);
		return response.text();
	},
});
const conversation = client.conversation(given("conversation"));

const sent = new Map<string, SentMessage>();
for (const message of conversation.unacknowledged)
	sent.set(message.clientMessageId, message);
const received: [seq: number, content: string][] = [];
let readies = 0;
const states: string[] = [conversation.state.name];
const problems: StorageProblem["kind"][] = [];
const wrong: string[] = [];
conversation.on("outbox", (message) =>
	sent.set(message.clientMessageId, message),
);
conversation.on("message", ({ seq, content }) => received.push([seq, content]));
conversation.on("ready", () => readies++);
conversation.on("state", ({ name }) => states.push(name));
conversation.on("storage", ({ kind }) => problems.push(kind));
conversation.on("error", ({ code }) => wrong.push(code));
conversation.on("invalid", ({ why }) => wrong.push(why));
conversation.on("missing", ({ from, to }) => wrong.push(`${from} to ${to}`));
conversation.on("reset", ({ last }) => wrong.push(`reset at ${last}`));

/** Counts the messages in this origin's database, independently of the SDK. */
async function kept(): Promise<number> {
	const all = await indexedDB.databases();
	const [name] = all.flatMap((it) => it.name ?? []);
	if (name === undefined) return 0;
	const database = await new Promise<IDBDatabase>((resolve, reject) => {
		const request = indexedDB.open(name);
		request.onsuccess = () => resolve(request.result);
		request.onerror = () => reject(request.error);
	});
	try {
		const [store] = database.objectStoreNames;
		if (store === undefined) return 0;
		return await new Promise((resolve, reject) => {
			const request = database.transaction(store).objectStore(store).count();
			request.onsuccess = () => resolve(request.result);
			request.onerror = () => reject(request.error);
		});
	} finally {
		database.close();
	}
}

/** Conversations besides the page's own. */
const others: Conversation[] = [];

const pageApp = {
	openOthers(count: number): void {
		for (let i = 0; i < count; i++)
			others.push(client.conversation(crypto.randomUUID()));
	},
	closeOthers(count: number): void {
		for (const other of others
			.filter(({ state }) => state.name === "open")
			.slice(0, count))
			other.close();
	},
	/** Counts the other conversations in a state or with a problem. */
	othersBy(value: ConnectionState["name"] | ClientErrorCode): number {
		return others.filter(
			({ state }) => state.name === value || state.problem?.code === value,
		).length;
	},
	write(contents: readonly string[]): void {
		for (const content of contents) conversation.send(content);
	},
	/** Returns this user's messages with a status, including those of other tabs and earlier pages. */
	with(status: SentMessage["status"]): string[] {
		return Array.from(sent.values()).flatMap((message) =>
			message.status === status ? [message.content] : [],
		);
	},
	state: (): ConnectionState => conversation.state,
	/** Returns the final error, or the reason for the wait. */
	outcome(): unknown {
		const state = conversation.state;
		switch (state.name) {
			case "failed":
				return [state.error.code, state.error.status];
			case "waiting":
				return [state.ordered ? "told to wait" : "waits", state.delayMs];
			default:
				return [state.name];
		}
	},
	/** Number of connections that became ready. */
	ready: (): number => readies,
	/** Returns the stored messages, oldest first. */
	async history(): Promise<string[]> {
		const contents: string[] = [];
		for await (const entry of conversation.history({ after: 0 }))
			if (entry.type === "chat") contents.push(entry.content);
		return contents;
	},
	reconnect: (): void => conversation.reconnect(),
	kept,
	received: () => received,
	states: () => states,
	problems: () => problems,
	/** Unexpected events: refusals, invalid frames, missing entries. */
	wrong: () => wrong,
};

declare global {
	/** Global of the page, for `page.evaluate`. */
	var app: typeof pageApp;
}

globalThis.app = pageApp;
