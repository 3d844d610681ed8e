/**
 * Messages that change: edits, deletions, answers, reactions, threads, pins and mentions, by pointer, touch and
 * keyboard.
 */
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import {
	connect,
	rest,
} from "../../../packages/cli/test/support/server-process.ts";
import { token } from "../../../packages/server/test/support/token.ts";
import { ChatPage, PHONE } from "./support/chat-page.ts";
import { choose, menu, row } from "./support/message-menu.ts";
import { readConversation } from "./support/read-conversation.ts";
import { sharedServer } from "./support/shared-server.ts";

const server = sharedServer();

/** Creates a conversation of Alice and Bob in which Bob has written. */
async function conversation(
	contents: readonly string[],
): Promise<{ id: string; one: string; other: string }> {
	const [one, other] = [randomUUID(), randomUUID()];
	const id = await server.conversation(one, [other], "Lunch");
	await server.post(id, other, "Bob", contents);
	return { id, one, other };
}

test("two users edit, react, answer, delete and pin, and each sees what the other does", async () => {
	const { id, one, other } = await conversation(["Soup or salad?"]);
	const alice = await ChatPage.open(await server.link(one, "Alice", id));
	const bob = await ChatPage.open(await server.link(other, "Bob", id));
	await alice.isReady();
	await bob.isReady();

	// An edit: the arrow key in the empty field, and Escape takes it back.
	await alice.say("Soop");
	await alice.hasStored(1);
	await alice.field.press("ArrowUp");
	await alice.page.getByText("Edit message").waitFor();
	expect(await alice.field.inputValue()).toBe("Soop");
	await alice.field.press("Escape");
	await alice.page.getByText("Edit message").waitFor({ state: "detached" });
	expect(await alice.field.inputValue()).toBe("");
	await alice.field.press("ArrowUp");
	await alice.field.fill("Soup");
	await alice.field.press("Enter");
	await bob.shows(["Soup or salad?", "Soup"]);
	await row(bob, "Soup").getByText("edited").waitFor();

	// Reactions: the menu, then a click on the chip.
	await (await menu(bob, "Soup"))
		.getByRole("menuitemcheckbox", { name: "React with 👍" })
		.click();
	const chip = row(alice, "Soup").getByRole("button", { name: "👍 1: Bob" });
	await chip.waitFor();
	await chip.click();
	await row(bob, "Soup")
		.getByRole("button", { name: "👍 2: You and Alice" })
		.waitFor();
	await row(alice, "Soup").getByRole("button", { name: /^👍 2/ }).click();
	await row(bob, "Soup").getByRole("button", { name: "👍 1: You" }).waitFor();

	// An answer, with a quote that changes with its original.
	await choose(bob, "Soup or salad?", "Reply");
	await bob.page.getByText("Reply to").waitFor();
	await bob.page.keyboard.type("And bread?");
	await bob.page.keyboard.press("Enter");
	const quote = row(alice, "And bread?").locator(".quote");
	await expect.poll(() => quote.innerText()).toContain("Soup or salad?");
	await choose(bob, "Soup or salad?", "Edit");
	await bob.field.fill("Soup, salad or pasta?");
	await bob.field.press("Enter");
	await expect.poll(() => quote.innerText()).toContain("Soup, salad or pasta?");

	// Pins.
	await choose(alice, "And bread?", "Pin");
	await bob.page.getByRole("button", { name: "Pinned messages" }).click();
	const pins = bob.page.getByRole("complementary", { name: "Pinned messages" });
	await pins.getByText("And bread?").waitFor();
	await bob.page.keyboard.press("Escape");
	await pins.waitFor({ state: "detached" });

	// A deletion: only its author and the owner can.
	expect(
		await (await menu(bob, "Soup"))
			.getByRole("menuitem", { name: "Delete…" })
			.count(),
	).toBe(0);
	await bob.page.keyboard.press("Escape");
	await choose(alice, "And bread?", "Delete…");
	await alice.page
		.getByRole("alertdialog")
		.getByRole("button", { name: "Delete" })
		.click();
	await bob.sees("Message deleted");
	await bob.seesNo("And bread?");
	await bob.page.getByRole("button", { name: "Pinned messages" }).click();
	await pins.getByText("Nothing is pinned").waitFor();
});

test("a thread has a panel of its own; the list shows how many replies it has, and a mention stands out", async () => {
	const { id, one, other } = await conversation(["Who cooks?"]);
	const alice = await ChatPage.open(await server.link(one, "Alice", id));
	const bob = await ChatPage.open(await server.link(other, "Bob", id));
	await alice.isReady();
	await bob.isReady();
	await alice.sees("2 people");
	await choose(alice, "Who cooks?", "Reply in thread");
	const panel = alice.page.getByRole("complementary", { name: "Thread" });
	const field = panel.getByRole("textbox", { name: "Reply in the thread" });
	await field.waitFor();
	// The completion: names that begin with the typed letters; Enter takes one and does not send.
	await field.pressSequentially("Not me, @b");
	await panel.getByRole("option", { name: "Bob" }).waitFor();
	await field.press("Enter");
	expect(await field.inputValue()).toBe("Not me, @Bob ");
	await field.pressSequentially("does");
	await field.press("Enter");
	await panel.getByText("Not me,").waitFor();
	await panel.getByText("1 reply").waitFor();
	// The list does not show the reply itself.
	const link = row(bob, "Who cooks?").getByRole("button", { name: /^1 reply/ });
	await link.waitFor();
	expect(await bob.messages()).toEqual(["Who cooks?"]);
	await link.click();
	const theirs = bob.page.getByRole("complementary", { name: "Thread" });
	await theirs.locator("mark.me", { hasText: "@Bob" }).waitFor();
	await theirs.getByRole("textbox").fill("Again?");
	await theirs.getByRole("textbox").press("Enter");
	await panel.getByText("Again?").waitFor();
	await row(alice, "Who cooks?")
		.getByRole("button", { name: /^2 replies/ })
		.waitFor();
	await field.press("Escape");
	await panel.waitFor({ state: "detached" });
	const bearer = await token(one, { name: "Alice" });
	const { body } = await rest(
		server,
		"GET",
		`/v1/conversations/${id}/messages`,
		bearer,
	);
	expect(
		(body as { messages: Record<string, unknown>[] }).messages.find(
			({ content }) => content === "Not me, @Bob does",
		),
	).toMatchObject({ mentions: { user_ids: [other] } });
});

test("by keyboard: the arrow keys move between messages, Enter opens the menu, and the picker adds a reaction", async () => {
	const { id, one } = await conversation(["first", "second", "third"]);
	const alice = await ChatPage.open(await server.link(one, "Alice", id));
	await alice.isReady();
	const keys = alice.page.keyboard;
	const label = (): Promise<string> =>
		alice.page.evaluate(
			() => document.activeElement?.getAttribute("aria-label") ?? "",
		);
	await alice.sees("third");
	await keys.press("Shift+Tab");
	await expect.poll(label).toMatch(/^Bob, .*: third$/);
	await keys.press("ArrowUp");
	await expect.poll(label).toMatch(/: second$/);
	await keys.press("Enter");
	const opened = alice.page.getByRole("menu", { name: "Message" });
	await opened.waitFor();
	await keys.press("Escape");
	await opened.waitFor({ state: "detached" });
	await expect.poll(label).toMatch(/: second$/);
	await keys.press("ContextMenu");
	await opened.waitFor();
	await keys.type("add");
	await keys.press("Enter");
	const search = alice.page.getByRole("searchbox", { name: "Search emoji" });
	await expect.poll(label).toBe("Search emoji");
	await search.fill("rocket");
	await alice.page.getByRole("gridcell", { name: "Rocket" }).waitFor();
	await keys.press("ArrowDown");
	await alice.page
		.getByRole("gridcell", { name: "Rocket", selected: true })
		.waitFor();
	await keys.press("Enter");
	await row(alice, "second")
		.getByRole("button", { name: "🚀 1: You" })
		.waitFor();
	await search.waitFor({ state: "detached" });
	// Nothing came from another host.
	const hosts = new Set(alice.requests.map((url) => new URL(url).host));
	expect([...hosts]).toEqual([server.address]);
});

test("a quote and a pin lead to a message that is not loaded, and the list returns to the newest one", async () => {
	const { id, one, other } = await conversation(["the beginning"]);
	const bearer = await token(other, { name: "Bob" });
	const { body } = await rest(
		server,
		"GET",
		`/v1/conversations/${id}/messages`,
		bearer,
	);
	const [first] = (body as { messages: { message_id: string }[] }).messages;
	const bob = await connect(server, id, "", { bearer });
	for (let n = 1; n <= 400; n++)
		bob.send({ type: "chat", content: `message ${n}` });
	bob.send({ type: "chat", content: "see above", reply_to: first?.message_id });
	await bob.settle();
	const alice = await ChatPage.open(await server.link(one, "Alice", id));
	await alice.isReady();
	const toEnd = alice.page.getByRole("button", {
		name: "To the newest message",
	});
	await alice.page
		.getByRole("button", { name: /To the newest|\d new/ })
		.or(row(alice, "see above"))
		.first()
		.waitFor();
	if (await alice.page.locator(".to-end").count())
		await alice.page.locator(".to-end").click();
	await row(alice, "see above")
		.locator(".quote", { hasText: "the beginning" })
		.click();
	const target = alice.page.locator(".row.target");
	await target.getByText("the beginning").waitFor();
	await expect
		.poll(() => alice.page.evaluate(() => document.activeElement?.className))
		.toContain("target");
	// What arrives meanwhile does not move the reader.
	bob.send({ type: "chat", content: "one more" });
	await bob.settle();
	await target.getByText("the beginning").waitFor();
	await toEnd.click();
	await alice.sees("one more");
	await expect
		.poll(() =>
			alice.page
				.locator(".pane .scroller")
				.evaluate((it) => it.scrollHeight - it.scrollTop - it.clientHeight),
		)
		.toBeLessThan(2);
});

test("edits, reactions and replies above the viewport do not move what the reader sees", async () => {
	const { bob, link } = await readConversation(
		server,
		Array.from({ length: 120 }, (_, i) => `message ${i + 1}`),
	);
	const alice = await ChatPage.open(await link());
	await alice.page.locator('[data-seq="120"]').waitFor();
	const list = alice.page.getByRole("region", { name: "Messages" });
	await list.evaluate((it) => {
		it.scrollTop -= 200;
	});
	await alice.page.getByRole("button", { name: "To the newest" }).waitFor();
	/** Returns the distances of the visible rows from the upper edge of the list. */
	const seen = (): Promise<[string, number][]> =>
		list.evaluate((it) => {
			const { top, bottom } = it.getBoundingClientRect();
			return [...it.querySelectorAll("[data-seq]")]
				.map((row) => ({ row, box: row.getBoundingClientRect() }))
				.filter(({ box }) => box.top >= top && box.bottom < bottom)
				.map(({ row, box }) => [
					row.getAttribute("data-seq") ?? "",
					Math.round(box.top - top),
				]);
		});
	const before = await seen();
	const above = Number(before[0]?.[0]) - 2;
	const idOf = (seq: number): unknown =>
		bob.frames.find((frame) => frame.seq === seq)?.message_id;
	for (const command of [
		{ type: "edit", target_id: idOf(above), content: "long ".repeat(150) },
		{ type: "reaction", target_id: idOf(above - 1), reaction: "🎉", on: true },
		{ type: "chat", thread_id: idOf(above - 2), content: "in a thread" },
	])
		bob.send(command);
	const changed = (seq: number, selector: string): Promise<void> =>
		list.locator(`[data-seq="${seq}"] ${selector}`).waitFor();
	await changed(above, '.meta:has-text("edited")');
	await changed(above - 1, ".chip[aria-pressed]");
	await changed(above - 2, ".thread-link");
	await expect.poll(seen).toEqual(before);
});

test("on a phone a long press opens the actions, with targets of at least 44 px", async () => {
	const { id, one } = await conversation(["press me"]);
	const alice = await ChatPage.open(await server.link(one, "Alice", id), PHONE);
	await alice.isReady();
	const { page } = alice;
	const bubble = row(alice, "press me").locator(".bubble");
	const { x = 0, y = 0 } = (await bubble.boundingBox()) ?? {};
	const touch = await alice.context.newCDPSession(page);
	await touch.send("Input.dispatchTouchEvent", {
		type: "touchStart",
		touchPoints: [{ x: x + 20, y: y + 20 }],
	});
	const sheet = page.getByRole("dialog", { name: "Message" });
	await sheet.waitFor();
	await touch.send("Input.dispatchTouchEvent", {
		type: "touchEnd",
		touchPoints: [],
	});
	await sheet.getByRole("button", { name: "React with 🎉" }).click();
	await sheet.waitFor({ state: "detached" });
	await row(alice, "press me")
		.getByRole("button", { name: "🎉 1: You" })
		.waitFor();
	await row(alice, "press me")
		.getByRole("button", { name: "Add a reaction" })
		.tap();
	await page.getByRole("dialog", { name: "Emoji" }).waitFor();
	const small = await page.evaluate(() =>
		[...document.querySelectorAll<HTMLElement>("button, a, input")]
			.filter((it) => it.checkVisibility() && !it.closest("[aria-hidden]"))
			.map((it) => ({
				box: it.getBoundingClientRect(),
				name: it.ariaLabel ?? it.textContent,
			}))
			.filter(
				({ box }) => box.width > 2 && (box.height < 43.5 || box.width < 36),
			)
			.map(({ box, name }) => `${name} ${box.width} x ${box.height}`),
	);
	expect(small).toEqual([]);
	await page.goBack();
	await page
		.getByRole("dialog", { name: "Emoji" })
		.waitFor({ state: "detached" });
	expect(page.url()).toContain(id);
});
