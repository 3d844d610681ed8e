/** New messages: the line above them, the place where a conversation opens, the count in the title; and day changes. */
import { randomUUID } from "node:crypto";
import type { BrowserContext } from "playwright-core";
import { expect, test } from "vitest";
import {
	connect,
	history,
	rest,
} from "../../../packages/cli/test/support/server-process.ts";
import { token } from "../../../packages/server/test/support/token.ts";
import { ChatPage } from "./support/chat-page.ts";
import { sharedServer } from "./support/shared-server.ts";

const server = sharedServer();

const ALICE = randomUUID();
const BOB = randomUUID();

/** Lets a test control whether the window is hidden. */
async function hideable(context: BrowserContext): Promise<void> {
	await context.addInitScript(() => {
		let isHidden = false;
		Object.defineProperty(document, "visibilityState", {
			get: () => (isHidden ? "hidden" : "visible"),
		});
		document.hasFocus = () => !isHidden;
		Object.assign(globalThis, {
			hide(value: boolean) {
				isHidden = value;
				document.dispatchEvent(new Event("visibilitychange"));
			},
		});
	});
}

const hide = (it: ChatPage, isHidden: boolean): Promise<void> =>
	it.page.evaluate((value) => Reflect.get(globalThis, "hide")(value), isHidden);

/** Returns the text below the line "New", or undefined if there is no line. */
async function belowNew({ page }: ChatPage): Promise<string | undefined> {
	const texts = await page.locator(".row:has(.new) .text").allInnerTexts();
	return texts[0];
}

test("the line stands above messages that arrived in a hidden window, not above watched ones; the title counts them", async () => {
	const id = await server.conversation(ALICE, [BOB], "Lunch");
	const other = await server.conversation(ALICE, [BOB], "Dinner");
	await server.post(id, ALICE, "Alice", ["mine"]);
	const alice = await ChatPage.open(
		await server.link(ALICE, "Alice", id),
		{},
		async (context) => {
			await hideable(context);
			await context.clock.install();
		},
	);
	await alice.isReady();
	await server.post(id, BOB, "Bob", ["watched"]);
	await alice.sees("watched");
	expect(await belowNew(alice)).toBeUndefined();
	await hide(alice, true);
	await server.post(id, BOB, "Bob", ["missed one", "missed two"]);
	await expect
		.poll(() => alice.page.title())
		.toBe("(2) Lunch – Alice – SecureConnect");
	await server.post(other, BOB, "Bob", ["elsewhere"]);
	await alice.page.clock.fastForward(31_000);
	await expect
		.poll(() => alice.page.title())
		.toBe("(3) Lunch – Alice – SecureConnect");
	expect(await belowNew(alice)).toBe("missed one");
	await hide(alice, false);
	await expect
		.poll(() => alice.page.title())
		.toBe("(1) Lunch – Alice – SecureConnect");
	await server.post(id, BOB, "Bob", ["watched again"]);
	await alice.sees("watched again");
	expect(await belowNew(alice)).toBe("missed one");
});

test("with 120 unread messages the conversation opens at the first, marks no unseen one as read, and links to the end", async () => {
	const id = await server.conversation(ALICE, [BOB], "Lunch");
	await server.post(id, ALICE, "Alice", ["the last that was read"]);
	const bearer = await token(ALICE);
	const [read] = await history(server, id, bearer);
	const reader = await connect(server, id, ALICE);
	reader.send({ type: "read", message_id: read?.message_id });
	await reader.settle();
	await reader.close();
	await server.post(
		id,
		BOB,
		"Bob",
		Array.from({ length: 120 }, (_, i) => `unread ${i + 1}`),
	);
	const alice = await ChatPage.open(await server.link(ALICE, "Alice", id));
	await alice.isReady();
	await expect.poll(() => belowNew(alice)).toBe("unread 1");
	const isSeen = (text: string): Promise<boolean> =>
		alice.page
			.locator(".message .text")
			.getByText(text, { exact: true })
			.evaluate((it) => {
				const { top, bottom } = it.getBoundingClientRect();
				const list = it.closest(".scroller")?.getBoundingClientRect();
				return !!list && top >= list.top && bottom <= list.bottom;
			});
	expect(await isSeen("unread 1")).toBe(true);
	const unread = async (): Promise<number | undefined> => {
		const { body } = (await rest(
			server,
			"GET",
			"/v1/conversations",
			bearer,
		)) as {
			body: { conversations: { conversation_id: string; unread: number }[] };
		};
		return body.conversations.find((it) => it.conversation_id === id)?.unread;
	};
	expect(await unread()).toBe(120);
	await alice.page.getByRole("button", { name: "120 new" }).click();
	await alice.sees("unread 120");
	await expect.poll(() => isSeen("unread 120")).toBe(true);
	await expect.poll(unread).toBe(0);
	const toLine = alice.page.getByRole("button", { name: "New messages" });
	await toLine.click();
	await expect.poll(() => isSeen("unread 1")).toBe(true);
	expect(await belowNew(alice)).toBe("unread 1");
	await toLine.waitFor({ state: "detached" });
});

test("with more unread messages than the page searches it opens at the end, and a button leads to the first of them", async () => {
	const id = await server.conversation(ALICE, [BOB], "Lunch");
	await server.post(id, BOB, "Bob", ["the last that was read"]);
	const bearer = await token(BOB, { name: "Bob" });
	const [read] = await history(server, id, bearer);
	const reader = await connect(server, id, ALICE);
	reader.send({ type: "read", message_id: read?.message_id });
	await reader.settle();
	await reader.close();
	const bob = await connect(server, id, "", { bearer });
	for (let n = 1; n <= 310; n++)
		bob.send({ type: "chat", content: `unread ${n}.` });
	await bob.settle();
	const alice = await ChatPage.open(await server.link(ALICE, "Alice", id));
	await alice.sees("unread 310.");
	await alice.page.getByRole("button", { name: "New messages" }).click();
	await alice.sees("unread 1.");
	await expect
		.poll(() => alice.page.evaluate(() => document.activeElement?.textContent))
		.toContain("unread 1.");
});

test("a conversation stays marked as unread while the user looks at it, until the next message", async () => {
	const id = await server.conversation(ALICE, [BOB], "Breakfast");
	await server.post(id, BOB, "Bob", ["Eggs?"]);
	const bearer = await token(ALICE, { name: "Alice" });
	const own = async (): Promise<unknown> => {
		const { body } = await rest(
			server,
			"GET",
			`/v1/conversations/${id}`,
			bearer,
		);
		return body;
	};
	const alice = await ChatPage.open(
		await server.link(ALICE, "Alice", id),
		{},
		hideable,
	);
	const bubble = alice.page.locator(".bubble", { hasText: "Eggs?" });
	const menu = alice.page.getByRole("menu", { name: "Message" });
	const row = alice.list.getByRole("link", { name: /Breakfast/ });
	await bubble.click({ button: "right" });
	await menu.getByRole("menuitem", { name: "Mark as unread" }).click();
	await expect.poll(own).toMatchObject({ marked_unread: true });
	await row.getByText("marked as unread").waitFor();
	await hide(alice, true);
	await hide(alice, false);
	// The page sends in order: a mark that the second look removed would be gone by now.
	await bubble.click({ button: "right" });
	await menu.getByRole("menuitemcheckbox", { name: "React with 👍" }).click();
	await alice.page.locator(".chip", { hasText: "👍" }).waitFor();
	await expect
		.poll(async () => JSON.stringify(await history(server, id, bearer)))
		.toContain("👍");
	expect(await own()).toMatchObject({ marked_unread: true });
	await server.post(id, BOB, "Bob", ["Or toast?"]);
	await expect.poll(own).toMatchObject({ marked_unread: false });
	await row.getByText("marked as unread").waitFor({ state: "detached" });
	// The pointer over the conversation does not hide the times.
	await bubble.hover();
	await bubble.locator("time").waitFor();
});

test.each(["Pacific/Auckland", "America/Santiago", "America/Los_Angeles"])(
	"at midnight in %s the names of days change",
	async (zone) => {
		const id = await server.conversation(ALICE, [BOB], "Lunch");
		await server.post(id, BOB, "Bob", ["hello"]);
		const alice = await ChatPage.open(
			await server.link(ALICE, "Alice", id),
			{ zone },
			(context) => context.clock.install(),
		);
		await alice.isReady();
		await alice.sees("Today");
		const time = alice.list.locator("time");
		expect(await time.first().innerText()).toMatch(/:/);
		const left = await alice.page.evaluate(() => {
			const now = new Date();
			return (
				new Date(
					now.getFullYear(),
					now.getMonth(),
					now.getDate() + 1,
				).getTime() - now.getTime()
			);
		});
		await alice.page.clock.fastForward(left + 1);
		await alice.sees("Yesterday");
		await expect
			.poll(() =>
				alice.list
					.getByRole("link", { name: /Lunch/ })
					.locator("time")
					.first()
					.innerText(),
			)
			.not.toMatch(/:/);
	},
);
