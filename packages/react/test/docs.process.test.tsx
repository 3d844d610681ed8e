/**
 * Type-checks, renders and uses every snippet of docs/react.md, docs/react and the package's readme against a
 * server.
 */
import { randomUUID } from "node:crypto";
import { globSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { ChatClient } from "@secureconnect/client";
import type { ComponentType } from "react";
import { expect, onTestFinished, test, vi } from "vitest";
import { blocks } from "../../../scripts/markdown.ts";
import { ROOT, start } from "../../cli/test/support/program.ts";
import { connect, startServe } from "../../cli/test/support/server-process.ts";
import { clientOf } from "../../client/test/support/client.ts";
import { say } from "../../server/test/support/chat.ts";
import type { TestClient } from "../../server/test/support/client.ts";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { token } from "../../server/test/support/token.ts";
import {
	click,
	enter,
	type Rendered,
	render,
	until,
} from "./support/render.ts";

const PAGES = globSync(
	["docs/react.md", "docs/react/*.md", "packages/react/README.md"],
	{ cwd: ROOT },
);

/** Returns a page's only snippet. */
function snippet(page: string): string {
	const found = blocks(readFileSync(join(ROOT, page), "utf8"));
	expect(
		found.map(({ language }) => language),
		page,
	).toEqual(["tsx"]);
	return found[0]?.code ?? "";
}

/** Creates a folder with the snippets as modules and the packages of the repository installed. */
function modules(change: (code: string) => string): {
	directory: string;
	files: string[];
} {
	const directory = temporaryDirectory();
	symlinkSync(join(ROOT, "node_modules"), join(directory, "node_modules"));
	const files = PAGES.map((page) => {
		const file = join(directory, `${basename(page, ".md")}.tsx`);
		writeFileSync(file, change(snippet(page)));
		return file;
	});
	return { directory, files };
}

test("the snippets type-check", async () => {
	const { directory, files } = modules((code) => code);
	const check = start(
		join(ROOT, "node_modules/.bin/tsc"),
		[
			...["--noEmit", "--strict", "--exactOptionalPropertyTypes"],
			...["--jsx", "react-jsx", "--skipLibCheck", "--types", "react"],
			...["--module", "esnext", "--moduleResolution", "bundler"],
			...["--target", "es2022", "--lib", "es2023,dom,dom.iterable"],
			...files,
		],
		{ cwd: directory },
	);
	expect(await check.ending(60_000), check.stdout).toMatchObject({ code: 0 });
});

/** A conversation in which Bob has said "Noon?" and watches. */
interface Scene {
	readonly id: string;
	/** Id of Bob's message. */
	readonly rootId: string;
	readonly bob: TestClient;
	readonly bobId: string;
	/** Alice's client. */
	readonly client: ChatClient;
	/** Resolves when Alice, the user of the page, is connected. */
	readonly joined: () => Promise<unknown>;
	readonly drawn: Rendered;
}

const picked: string[] = [];
/** For each page, a check of the rendered component and of its use. */
const USED: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
	async react({ drawn, bob }) {
		await until(() => drawn.text).toMatch(/^online.*Bob: Noon\?Send$/);
		enter(drawn, "Half past");
		await bob.waitFor(({ content }) => content === "Half past");
		await until(() => drawn.text).toMatch(
			/^online.*Bob: Noon\?You: Half pastSend$/,
		);
	},
	async README({ drawn, bob }) {
		await until(() => drawn.text).toBe("Bob: Noon?Say hello");
		click(drawn, "Say hello");
		await bob.waitFor(({ content }) => content === "Hello");
		await until(() => drawn.text).toBe("Bob: Noon?You: HelloSay hello");
	},
	async "chat-provider"({ drawn }) {
		click(drawn, "New");
		await until(() => drawn.text).toBe("Lunch");
	},
	async "use-messages"({ drawn, bob }) {
		await until(() => drawn.text).toBe("Bob: Noon?Say hello");
		click(drawn, "Say hello");
		await bob.waitFor(({ content }) => content === "Hello");
		await until(() => drawn.text).toBe("Bob: Noon?You: HelloSay hello");
	},
	async "use-message-actions"({ drawn, bob, rootId }) {
		await until(() => drawn.text).toBe("Noon?LikeDelete");
		click(drawn, "Like");
		await until(() => drawn.text).toBe("Noon? 👍1LikeDelete");
		await bob.waitFor(({ type }) => type === "reaction");
		// Alice owns the conversation.
		click(drawn, "Delete");
		await bob.waitFor(
			({ type, target_id }) => type === "delete" && target_id === rootId,
		);
		await until(() => drawn.text).toBe("(deleted)LikeDelete");
		click(drawn, "Like");
		await until(() => drawn.text).toBe("(deleted)LikeDelete");
		click(drawn, "Delete");
		await until(() => drawn.text).toBe("(deleted)LikeDeletemessage_deleted");
	},
	async "use-message"({ drawn, bob, rootId }) {
		await until(() => drawn.text).toBe("Noon?");
		bob.send({ type: "chat", content: "Or one?", reply_to: rootId });
		await until(() => drawn.text).toBe("Noon?Noon?Or one?");
		bob.send({ type: "edit", target_id: rootId, content: "Eleven?" });
		await until(() => drawn.text).toBe("Eleven?Eleven?Or one?");
	},
	async "use-thread"({ drawn, bob, rootId }) {
		await until(() => drawn.text).toBe("Noon?Agree");
		click(drawn, "Agree");
		await bob.waitFor(({ thread_id }) => thread_id === rootId);
		await until(() => drawn.text).toBe("Noon?AgreedAgree");
	},
	async "use-pins"({ drawn, bob, rootId }) {
		bob.send({ type: "pin", target_id: rootId, on: true });
		await until(() => drawn.text).toBe("Noon?");
		bob.send({ type: "pin", target_id: rootId, on: false });
		await until(() => drawn.text).toBe("");
	},
	async "use-unread"({ drawn }) {
		await until(() => drawn.text).toMatch(/^1 unread, 0 for you, with/);
		click(drawn, "Mark as read");
		await until(() => drawn.text).toMatch(/^0 unread, 0 for you, with/);
	},
	async "use-conversations"({ drawn, id, bob }) {
		await until(() => drawn.text).toBe("Lunch: Noon? (1)Refresh");
		await say(bob, "Half past");
		await until(() => drawn.text).toBe("Lunch: Half past (2)Refresh");
		click(drawn, "Lunch: Half past (2)");
		expect(picked).toEqual([id]);
	},
	async "use-inbox"({ drawn, bob }) {
		await until(() => drawn.text).toBe("1 unread, 0 for you");
		await say(bob, "Half past");
		await until(() => drawn.text).toBe("2 unread, 0 for you");
	},
	async "use-typing"({ drawn, bob, joined }) {
		await joined();
		bob.send({ type: "typing" });
		await until(() => drawn.text).toBe("Bob typing");
		enter(drawn, "H");
		await bob.waitFor(({ type }) => type === "typing");
	},
	async "use-presence"({ drawn }) {
		await until(() => drawn.text).toMatch(
			/^2 online: (Alice, Bob|Bob, Alice)$/,
		);
	},
	async "use-receipts"({ drawn, id, bob, bobId, client }) {
		const theirs = await say(bob, "Half past");
		await bob.waitFor(
			(frame) =>
				frame.type === "read" && frame.message_id === theirs.message_id,
		);
		const own = await client.conversations.send(id, "See you there");
		await bob.waitFor(({ message_id }) => message_id === own.messageId);
		bob.send({ type: "read", message_id: own.messageId });
		await until(() => drawn.text).toBe(`seen by ${bobId}`);
	},
	async "use-connection-state"({ drawn }) {
		await until(() => drawn.text).toBe("online");
	},
	async "use-conversation"({ bob, joined }) {
		await joined();
		await say(bob, "Look here");
		await until(() => document.title).toBe("Bob: Look here");
	},
};

test("the snippets behave as documented", async () => {
	const server = await startServe(temporaryDirectory());
	const [alice, bobId] = [randomUUID(), randomUUID()];
	const bearer = await token(alice, { name: "Alice" });
	const bobs = await token(bobId, { name: "Bob" });
	const backend = globalThis.fetch;
	vi.spyOn(globalThis, "fetch").mockImplementation((url, init) =>
		url === "/chat-token"
			? Promise.resolve(new Response(bearer))
			: backend(url, init),
	);
	onTestFinished(() => void vi.restoreAllMocks());
	const url = `http://${server.address}`;
	const { conversations } = clientOf(server, alice, { token: () => bearer });

	expect(PAGES.map((page) => basename(page, ".md")).sort()).toEqual(
		Object.keys(USED).sort(),
	);
	for (const [page, use] of Object.entries(USED)) {
		// Created first, so that the list of conversations shows one.
		const { conversationId: id } = await conversations.create({
			title: "Lunch",
			participantIds: [bobId],
		});
		const bob = await connect(server, id, bobId, { bearer: bobs });
		const rootId = String((await say(bob, "Noon?")).message_id);
		const { directory } = modules((code) =>
			code
				.replaceAll("https://chat.example.com", url)
				.replaceAll("550e8400-e29b-41d4-a716-446655440000", id),
		);
		const file = pathToFileURL(join(directory, `${page}.tsx`)).href;
		const exported = Object.values(
			(await import(/* @vite-ignore */ file)) as Record<
				string,
				ComponentType<{
					id: string;
					rootId: string;
					onPick: (id: string) => void;
				}>
			>,
		);
		expect(exported).toHaveLength(1);
		const [Component] = exported;
		if (!Component) throw new Error("there is one");
		const client = clientOf(server, alice, { token: () => bearer });
		const drawn = render(
			{ client },
			<Component id={id} rootId={rootId} onPick={(it) => picked.push(it)} />,
		);
		const joined = (): Promise<unknown> =>
			bob.waitFor(
				(frame) => frame.type === "user_joined" && frame.sender_id === alice,
			);
		await use({ id, rootId, bob, bobId, client, joined, drawn });
		drawn.unmount();
		const left = await conversations.list();
		for (const { conversationId } of left.conversations)
			await conversations.participants(conversationId).leave();
	}
});
