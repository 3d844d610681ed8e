/** The list of conversations: badges, sections, the filter, the menu of a row, roles and direct conversations. */
import { randomUUID } from "node:crypto";
import type { Locator } from "playwright-core";
import { expect, test } from "vitest";
import {
	connect,
	rest,
} from "../../../packages/cli/test/support/server-process.ts";
import { token } from "../../../packages/server/test/support/token.ts";
import { ChatPage, DESKTOP, PHONE } from "./support/chat-page.ts";
import { sharedServer } from "./support/shared-server.ts";

const server = sharedServer();

/** Returns the user's row of a conversation as the server lists it. */
async function rowOf(
	user: string,
	id: string,
): Promise<Record<string, unknown> | undefined> {
	const { body } = await rest(
		server,
		"GET",
		"/v1/conversations",
		await token(user),
	);
	const { conversations } = body as {
		conversations: Record<string, unknown>[];
	};
	return conversations.find((it) => it.conversation_id === id);
}

/** Lets the server learn a user's name. */
async function named(id: string, user: string, name: string): Promise<void> {
	const live = await connect(server, id, "", {
		bearer: await token(user, { name }),
	});
	await live.settle();
	await live.close();
}

/** Opens the menu of a row with the right mouse button and chooses an item. */
async function choose(
	it: ChatPage,
	row: Locator,
	...items: readonly (string | RegExp)[]
): Promise<void> {
	await row.click({ button: "right" });
	for (const name of items)
		await it.page.getByRole("menuitem", { name }).click();
	await it.page.getByRole("menu").first().waitFor({ state: "detached" });
}

test("badges show exact numbers and mentions, and weak ones if muted; sections follow the user's settings", async () => {
	const [alice, bob] = [randomUUID(), randomUUID()];
	const busy = await server.conversation(bob, [alice], "Deployments");
	await server.post(
		busy,
		bob,
		"Bob",
		Array.from({ length: 104 }, (_, i) => `build ${i}`),
	);
	await rest(
		server,
		"POST",
		`/v1/conversations/${busy}/messages`,
		await token(bob, { name: "Bob" }),
		{ content: "@Alice?", mentions: { user_ids: [alice] } },
	);
	const quiet = await server.conversation(alice, [bob], "Budget");
	const it = await ChatPage.open(await server.link(alice, "Alice"));
	const { list, page } = it;
	const row = list.getByRole("link", { name: /Deployments/ });
	await row.getByText("105 unread").waitFor();
	await row.getByText("1 mention").waitFor();
	await expect.poll(() => page.title()).toMatch(/^\(105\)/);

	await choose(it, row, "Mute", "For 8 hours");
	await row.getByText("muted").waitFor();
	await expect.poll(() => row.locator(".unread.weak").count()).toBe(2);
	await expect.poll(() => page.title()).not.toMatch(/^\(/);
	await choose(it, row, "Add to favourites");
	const favourites = list.getByRole("region", { name: "Favourites" });
	await favourites.getByRole("link", { name: /Deployments/ }).waitFor();
	await choose(it, row, "Archive");
	await favourites.waitFor({ state: "detached" });
	await list.getByRole("button", { name: /^Archived/ }).click();
	const archive = list.getByRole("region", { name: "Archived" });
	await archive.getByRole("link", { name: /Deployments/ }).waitFor();
	await expect
		.poll(() => rowOf(alice, busy))
		.toMatchObject({ archived: true, favourite: true });
	await choose(it, row, "Move out of the archive");
	await favourites.getByRole("link", { name: /Deployments/ }).waitFor();
	await choose(it, row, /^Unmute/);
	await expect.poll(() => page.title()).toMatch(/^\(105\)/);

	// By keyboard: the menu of the open conversation, and the filter.
	const other = list.getByRole("link", { name: /Budget/ });
	await other.click();
	await it.isReady();
	const options = page.getByRole("button", { name: "Options", exact: true });
	// Disabled until the participants have loaded.
	await expect.poll(() => options.isEnabled()).toBe(true);
	await options.focus();
	await page.keyboard.press("Enter");
	await page.getByRole("menuitem", { name: "Mark as unread" }).waitFor();
	await page.keyboard.press("Home");
	await page.keyboard.press("Enter");
	await other.getByText("marked as unread").waitFor();
	await it.sees("Select a conversation or start one.");
	await expect
		.poll(() => rowOf(alice, quiet))
		.toMatchObject({ marked_unread: true });
	await page.keyboard.press("Control+k");
	await page.keyboard.type("bud");
	await row.waitFor({ state: "detached" });
	await page.keyboard.press("Enter");
	await page.getByRole("heading", { name: "Budget" }).waitFor();
	await row.waitFor();
	await expect
		.poll(() => rowOf(alice, quiet))
		.toMatchObject({ marked_unread: false });
	await other.getByText("marked as unread").waitFor({ state: "detached" });
});

test("an owner renames, closes, reopens and deletes a conversation; the others see each change at once", async () => {
	const [alice, bob] = [randomUUID(), randomUUID()];
	const id = await server.conversation(alice, [bob], "Lunch");
	const it = await ChatPage.open(await server.link(alice, "Alice", id));
	const other = await ChatPage.open(await server.link(bob, "Bob", id));
	await it.isReady();
	await other.isReady();
	await it.page.getByRole("button", { name: "Options", exact: true }).click();
	await it.page.getByRole("menuitem", { name: "Rename…" }).click();
	await it.page.getByRole("textbox", { name: "Title" }).fill("Dinner");
	await it.page.getByRole("button", { name: "Rename" }).click();
	await it.page.getByRole("dialog").waitFor({ state: "detached" });
	for (const { page } of [it, other])
		await page.getByRole("heading", { name: "Dinner" }).waitFor();

	const row = it.list.getByRole("link", { name: /Dinner/ });
	await choose(it, row, "Close conversation");
	for (const { page } of [it, other])
		await page.getByPlaceholder("This conversation is closed").waitFor();
	await choose(it, row, "Reopen conversation");
	for (const { field } of [it, other])
		await expect.poll(() => field.isEnabled()).toBe(true);

	// A user who is not an owner has only their own settings.
	await other.page
		.getByRole("button", { name: "Options", exact: true })
		.click();
	await other.page.getByRole("menuitem", { name: "Archive" }).waitFor();
	expect(await other.page.getByRole("menuitem").count()).toBe(4);
	await other.page.keyboard.press("Escape");

	await choose(it, row, "Delete…");
	await it.page
		.getByRole("alertdialog")
		.getByRole("button", { name: "Delete" })
		.click();
	await it.sees("Select a conversation or start one.");
	await row.waitFor({ state: "detached" });
	await other.sees("This conversation was deleted.");
});

test("an owner gives roles, a reader sees why they cannot write, and a direct conversation starts from both dialogs", async () => {
	const [alice, bob, carol] = [randomUUID(), randomUUID(), randomUUID()];
	const id = await server.conversation(alice, [bob, carol], "Lunch");
	await named(id, bob, "Bob");
	await named(id, carol, "Carol");
	const it = await ChatPage.open(await server.link(alice, "Alice", id));
	const other = await ChatPage.open(await server.link(bob, "Bob", id));
	await it.isReady();
	await other.isReady();
	const people = it.page.getByRole("dialog", { name: "People" });
	await it.page.getByRole("button", { name: "People" }).click();
	await people
		.getByRole("combobox", { name: "Role of Bob" })
		.selectOption("Reader");
	await other.page.getByPlaceholder("You can only read here").waitFor();
	await people
		.getByRole("combobox", { name: "Role of Alice" })
		.selectOption("Member");
	await it.page.getByRole("button", { name: "Give up" }).click();
	await people.getByText(/at least one owner/).waitFor();
	// The browser logs the refusal.
	await expect.poll(() => it.wrong.splice(0).join()).toMatch(/409/);
	await people
		.getByRole("combobox", { name: "Role of Bob" })
		.selectOption("Member");
	await expect.poll(() => other.field.isEnabled()).toBe(true);

	await people.getByRole("button", { name: "Message Bob" }).click();
	await it.page.getByRole("heading", { name: "Bob" }).waitFor();
	await it.isReady();
	await it.say("Only for you");
	await it.hasStored(1);
	await it.page.getByRole("button", { name: "People" }).click();
	await people.getByText("Bob").waitFor();
	expect(await people.getByRole("combobox").count()).toBe(0);
	expect(
		await people
			.getByRole("button", { name: /Add|Leave|Remove|Message/ })
			.count(),
	).toBe(0);
	await it.page.keyboard.press("Escape");
	await people.waitFor({ state: "detached" });

	await it.page.getByRole("button", { name: "New conversation" }).click();
	await it.page.getByRole("button", { name: "Message Carol" }).click();
	await it.page.getByRole("heading", { name: "Carol" }).waitFor();
	await it.list.getByRole("link", { name: /^Carol/ }).waitFor();
});

test("on a phone a long press opens the menu as a sheet and not the conversation; Back closes the sheet", async () => {
	const [alice, bob] = [randomUUID(), randomUUID()];
	const id = await server.conversation(alice, [bob], "Lunch");
	const it = await ChatPage.open(await server.link(alice, "Alice"), PHONE);
	const { page } = it;
	const row = it.list.getByRole("link", { name: /Lunch/ });
	await row.waitFor();
	const sheet = page.getByRole("dialog", { name: "Lunch" });
	const touch = await it.context.newCDPSession(page);
	const press = async (): Promise<void> => {
		const box = await row.boundingBox();
		if (!box) throw new Error("the row is not on the screen");
		await touch.send("Input.dispatchTouchEvent", {
			type: "touchStart",
			touchPoints: [{ x: box.x + 90, y: box.y + 20 }],
		});
		await sheet.waitFor();
		await touch.send("Input.dispatchTouchEvent", {
			type: "touchEnd",
			touchPoints: [],
		});
	};
	await press();
	await page.goBack();
	await sheet.waitFor({ state: "detached" });
	await row.waitFor();
	await press();
	await sheet.getByRole("button", { name: "Mute" }).click();
	await page.getByRole("button", { name: "For ever" }).click();
	await row.getByText("muted").waitFor();
	await press();
	await sheet.getByRole("button", { name: "Rename…" }).click();
	await page.getByRole("textbox", { name: "Title" }).fill("Dinner");
	await page.getByRole("button", { name: "Rename" }).click();
	await it.list.getByRole("link", { name: /Dinner/ }).waitFor();
	await expect
		.poll(() => rowOf(alice, id))
		.toMatchObject({
			title: "Dinner",
			muted_until: expect.stringMatching(/^9999/),
		});
});

test("one socket carries the list and every opened conversation; the list and its badges are live", async () => {
	const [alice, bob] = [randomUUID(), randomUUID()];
	const ids: string[] = [];
	for (const title of ["Lunch", "Dinner"])
		ids.push(await server.conversation(bob, [alice], title));
	const sockets: string[] = [];
	const { list, page } = await ChatPage.open(
		await server.link(alice, "Alice"),
		DESKTOP,
		async (context) => {
			context.on("page", (opened) => {
				opened.on("websocket", (socket) => {
					sockets.push(new URL(socket.url()).pathname);
				});
			});
		},
	);
	const row = (name: RegExp): Locator => list.getByRole("link", { name });
	await row(/Lunch/).click();
	await page.getByRole("textbox", { name: "Message" }).waitFor();
	await row(/Dinner/).click();
	await expect.poll(() => page.url()).toContain(String(ids[1]));
	await page.goBack();
	await expect.poll(() => page.url()).toContain(String(ids[0]));
	await page.goForward();
	await expect.poll(() => page.url()).toContain(String(ids[1]));

	// Without the live list, these would show up after 15 s.
	await page.clock.install();
	await server.post(String(ids[0]), bob, "Bob", ["Noon?"]);
	await row(/Lunch/).getByText("1 unread").waitFor();
	await expect.poll(() => page.title()).toMatch(/^\(1\)/);
	const icon = page.locator('link[rel="icon"]');
	await expect.poll(() => icon.getAttribute("href")).toContain("circle");
	const breakfast = await server.conversation(bob, [alice], "Breakfast");
	await row(/Breakfast/).waitFor();
	const read = await connect(server, String(ids[0]), alice);
	const { body } = await rest(
		server,
		"GET",
		`/v1/conversations/${ids[0]}/messages`,
		await token(alice),
	);
	const { messages } = body as { messages: { message_id: string }[] };
	read.send({ type: "read", message_id: messages.at(-1)?.message_id });
	await row(/Lunch/).getByText("1 unread").waitFor({ state: "detached" });
	await expect.poll(() => page.title()).not.toMatch(/^\(/);
	await expect.poll(() => icon.getAttribute("href")).not.toContain("circle");
	await fetch(`http://${server.address}/v1/conversations/${breakfast}`, {
		method: "DELETE",
		headers: { Authorization: `Bearer ${await token(bob)}` },
	});
	await row(/Breakfast/).waitFor({ state: "detached" });
	expect(sockets).toEqual(["/v1/ws/inbox"]);
});
