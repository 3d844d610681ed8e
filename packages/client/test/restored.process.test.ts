/** Clients of a server that is restored from a backup. */
import { randomUUID } from "node:crypto";
import type { Conversation, ConversationEntry } from "@secureconnect/client";
import { expect, test } from "vitest";
import { history } from "../../cli/test/support/server-process.ts";
import { token } from "../../server/test/support/token.ts";
import { clientOf, ready, until } from "./support/client.ts";
import { Restored } from "./support/restored.ts";

const numbered = (of: string, count: number): string[] =>
	Array.from({ length: count }, (_, i) => `${of} ${i + 1}`);

/** State of an application that follows the guide. */
class Shown {
	entries: ConversationEntry[] = [];
	readonly resets: unknown[] = [];
	#loading: Promise<void>;

	constructor(conversation: Conversation) {
		const add = (entry: ConversationEntry): unknown => this.entries.push(entry);
		conversation.on("message", add);
		conversation.on("removal", add);
		conversation.on("reset", (reset) => {
			this.resets.push(reset);
			this.entries = [];
			this.#loading = this.#load(conversation);
		});
		this.#loading = this.#load(conversation);
	}

	async loaded(): Promise<readonly string[]> {
		await this.#loading;
		return this.entries.map(({ messageId }) => messageId);
	}

	async #load(conversation: Conversation): Promise<void> {
		const { entries } = this;
		for await (const entry of conversation.history({ pageSize: 2 }))
			entries.unshift(entry);
	}
}

test.each([
	{ what: "is beyond the client's number", kept: 5, others: 8, last: 11 },
	{ what: "is below the client's number", kept: 5, others: 2, last: 11 },
	{ what: "has all of the client's entries", kept: 11, others: 3, last: 11 },
	{ what: "was passed before the first message", kept: 5, others: 8, last: 10 },
])(
	"a restored log whose head $what is shown as it is, with one reset event",
	async ({ kept, others, last }) => {
		const scene = await Restored.start();
		const [alice, bob] = [randomUUID(), randomUUID()];
		const id = await scene.conversation(bob, alice);
		const client = clientOf(scene.server, alice, { url: scene.relay.url });
		await scene.post(id, bob, numbered("old", Math.min(kept, 10)));
		if (kept <= 10) await scene.backUp();
		await scene.post(id, bob, numbered("lost", 10 - Math.min(kept, 10)));
		const room = client.conversation(id);
		const shown = new Shown(room);
		await ready(room);
		// The head's number is known before the first message arrives.
		if (last > 10) await room.send("stored before").acknowledged;
		expect(await shown.loaded()).toHaveLength(last);
		if (kept > 10) await scene.backUp();

		await scene.goBack();
		await scene.post(id, bob, numbered("new", others));
		const unsent = room.send("written while it was away");
		scene.comeBack();
		await until(room, () => unsent.status === "acknowledged", "its answer");

		const stored = await history(scene.server, id, await token(alice));
		expect(await shown.loaded()).toEqual(stored.map((it) => it.message_id));
		expect(shown.entries.map(({ seq }) => seq)).toEqual(
			stored.map(({ seq }) => seq),
		);
		expect(
			stored.filter(({ content }) => content === unsent.content),
		).toHaveLength(1);
		expect(shown.resets).toEqual([{ last, head: kept + others }]);

		// The same log again causes no event, and the conversation continues.
		scene.relay.cut();
		await scene.post(id, bob, ["after all"]);
		await until(
			room,
			() => shown.entries.at(-1)?.seq === stored.length + 1,
			"the message after it",
		);
		expect(shown.resets).toHaveLength(1);
	},
);
