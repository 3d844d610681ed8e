import { randomUUID } from "node:crypto";
import type { Locator } from "playwright-core";
import { describe, expect, test } from "vitest";
import {
	connect,
	history,
	startDev,
} from "../../../packages/cli/test/support/server-process.ts";
import { Relay } from "../../../packages/client/test/support/relay.ts";
import { temporaryDirectory } from "../../../packages/server/test/support/server.ts";
import { token } from "../../../packages/server/test/support/token.ts";
import { looks, violations, withAxe } from "./support/axe.ts";
import { ChatPage } from "./support/chat-page.ts";
import { sharedServer } from "./support/shared-server.ts";

const server = sharedServer();

test.each(looks)(
	"axe finds no violation in light and dark: %s",
	async (_, look) => {
		const [one, other] = [randomUUID(), randomUUID()];
		const id = await server.conversation(one, [other], "First conversation");
		const relay = await Relay.start(server.port);
		const alice = await ChatPage.open(await server.link(one, "Alice", id));
		await alice.isReady();
		await alice.say("Hello", "See https://example.com/ for more");
		const bob = await ChatPage.open(
			await server.link(other, "Bob", id, `127.0.0.1:${relay.port}`),
			look,
			withAxe,
		);
		await bob.isReady();
		await bob.say("Seen", "x".repeat(5000));
		await alice.sees("Show all");
		await alice.field.pressSequentially("typing");
		await bob.sees("is typing");
		await bob.sees("Read by Alice");
		expect(await violations(bob)).toEqual([]);

		if (look.phone) {
			await bob.page.getByRole("link", { name: "All conversations" }).click();
			await bob.list.waitFor();
			expect(await violations(bob)).toEqual([]);
			await bob.page.goBack();
		}
		await bob.page.getByRole("button", { name: "People" }).click();
		await bob.page.getByRole("dialog", { name: "People" }).waitFor();
		expect(await violations(bob)).toEqual([]);
		await bob.page
			.getByRole("button", { name: "Leave the conversation" })
			.click();
		await bob.page.getByRole("alertdialog").waitFor();
		expect(await violations(bob)).toEqual([]);
		await bob.page.keyboard.press("Escape");
		await bob.page.keyboard.press("Escape");
		await bob.page.getByRole("dialog").waitFor({ state: "detached" });
		if (look.phone)
			await bob.page.getByRole("link", { name: "All conversations" }).click();
		await bob.page.getByRole("button", { name: "New conversation" }).click();
		await bob.page.getByRole("dialog", { name: "New conversation" }).waitFor();
		expect(await violations(bob)).toEqual([]);
		await bob.page.keyboard.press("Escape");
		if (look.phone) await bob.page.goForward().catch(() => {});

		relay.isDown = true;
		relay.cut();
		if (look.phone)
			await bob.page
				.goto(`${bob.page.url().split("#")[0]}#/${id}`)
				.catch(() => {});
		await bob.sees(/No connection/);
		await bob.say("later");
		await bob.sees("Waiting to be sent");
		expect(await violations(bob)).toEqual([]);
	},
);

test.each(looks)(
	"axe finds no violation in messages that changed, their menu, the emoji picker and the panels: %s",
	async (_, look) => {
		const [one, other] = [randomUUID(), randomUUID()];
		const id = await server.conversation(one, [other], "First conversation");
		await server.post(id, other, "Bob", ["Who cooks?", "wrong room"]);
		const bearer = await token(other, { name: "Bob" });
		const bob = await connect(server, id, "", { bearer });
		const [root, wrong] = await history(server, id, bearer);
		const target_id = root?.message_id ?? "";
		for (const command of [
			{ type: "edit", target_id, content: "Who cooks, and what?" },
			{ type: "delete", target_id: wrong?.message_id },
			{ type: "reaction", target_id, reaction: "👍", on: true },
			{ type: "pin", target_id, on: true },
			{ type: "chat", content: "Me", thread_id: target_id },
			{
				type: "chat",
				content: "@Alice?",
				reply_to: target_id,
				mentions: { user_ids: [one] },
			},
		])
			bob.send(command);
		await bob.settle();
		const alice = await ChatPage.open(
			await server.link(one, "Alice", id),
			look,
			withAxe,
		);
		const { page } = alice;
		await alice.isReady();
		await page.locator("mark.me").waitFor();
		const first = page.locator(".row", { hasText: "and what?" }).first();
		await first.locator(".bubble").hover();
		expect(await violations(alice)).toEqual([]);
		await first.focus();
		await page.keyboard.press("Enter");
		const menu = page.getByRole(look.phone ? "dialog" : "menu", {
			name: "Message",
		});
		await menu.waitFor();
		expect(await violations(alice)).toEqual([]);
		await page.keyboard.press("Escape");
		await menu.waitFor({ state: "detached" });
		await first.getByRole("button", { name: "Add a reaction" }).last().click();
		await page
			.getByRole("gridcell", { name: "Grinning face" })
			.first()
			.waitFor();
		expect(await violations(alice)).toEqual([]);
		await page.keyboard.press("Escape");
		await page.getByRole("dialog").waitFor({ state: "detached" });
		await first.getByRole("button", { name: /^1 reply/ }).click();
		const thread = page.getByRole("complementary", { name: "Thread" });
		await thread.getByText("1 reply").waitFor();
		await thread.getByRole("textbox").pressSequentially("@b");
		await page.getByRole("option", { name: "Bob" }).waitFor();
		expect(await violations(alice)).toEqual([]);
		await page.keyboard.press("Escape");
		await page.keyboard.press("Escape");
		await thread.waitFor({ state: "detached" });
		await page.getByRole("button", { name: "Pinned messages" }).click();
		await page
			.getByRole("complementary", { name: "Pinned messages" })
			.getByText("and what?")
			.waitFor();
		expect(await violations(alice)).toEqual([]);
	},
);

test.each(looks)(
	"axe finds no violation in the sign-in form, in light and dark: %s",
	async (_, look) => {
		const page = await ChatPage.open(
			`http://${server.address}/`,
			look,
			withAxe,
		);
		await page.page.getByRole("textbox").fill("nothing");
		await page.page.getByRole("button", { name: "Sign in" }).click();
		await page.sees(/This is not a user/);
		expect(await violations(page)).toEqual([]);
	},
);

describe("by keyboard alone", () => {
	/** Presses Tab until the element has the focus. */
	async function tabTo(
		{ page }: ChatPage,
		name: RegExp,
		backwards = false,
	): Promise<void> {
		for (let presses = 0; presses < 40; presses++) {
			const focused = await page.evaluate(() => {
				const element = document.activeElement;
				if (element === document.body) return "";
				return (
					element?.getAttribute("aria-label") ??
					(element instanceof HTMLInputElement
						? element.labels?.[0]?.textContent
						: element?.textContent) ??
					""
				);
			});
			if (name.test(focused)) return;
			await page.keyboard.press(backwards ? "Shift+Tab" : "Tab");
		}
		throw new Error(`Tab leads nowhere near ${name}`);
	}

	/** Waits until an element has the focus. A dialog takes it some frames after it was drawn. */
	async function hasFocus(element: Locator): Promise<void> {
		await expect
			.poll(() => element.evaluate((it) => it.contains(document.activeElement)))
			.toBe(true);
	}

	test("a user chats, creates a conversation, adds and removes a person, and leaves; the focus is never lost", async () => {
		const dev = await startDev(temporaryDirectory());
		const alice = await ChatPage.open(`http://localhost:${dev.port}/`);
		const keys = alice.page.keyboard;
		const dialog = alice.page.getByRole("dialog");
		const question = alice.page.getByRole("alertdialog");
		await alice.isReady();
		// The composer has the focus first.
		await hasFocus(alice.field);
		await keys.type("by hand");
		await keys.press("Shift+Enter");
		await keys.type("in two lines");
		await keys.press("Enter");
		await alice.shows(["by hand\nin two lines"]);
		await keys.type("and again");
		await keys.press("Enter");
		await alice.shows(["by hand\nin two lines", "and again"]);

		await tabTo(alice, /^New conversation$/);
		await keys.press("Enter");
		await hasFocus(dialog);
		await keys.type("Lunch");
		await tabTo(alice, /Bob/);
		await keys.press("Space");
		await tabTo(alice, /^Create$/);
		await keys.press("Enter");
		await alice.page.getByRole("heading", { name: "Lunch" }).waitFor();
		await dialog.waitFor({ state: "detached" });
		await hasFocus(
			alice.page.getByRole("textbox", { name: "Message to Lunch" }),
		);
		await keys.type("Noon?");
		await keys.press("Enter");
		await alice.shows(["Noon?"]);

		// From conversation to conversation.
		await tabTo(alice, /^FCFirst conversation/, true);
		await keys.press("Enter");
		await alice.shows(["by hand\nin two lines", "and again"]);
		await hasFocus(alice.field);
		await tabTo(alice, /^LLunch/, true);
		await keys.press("Enter");
		await alice.shows(["Noon?"]);
		await hasFocus(alice.field);

		await tabTo(alice, /^People$/, true);
		await keys.press("Enter");
		await hasFocus(dialog);
		await tabTo(alice, /^Remove Bob$/);
		await keys.press("Enter");
		await hasFocus(question);
		await tabTo(alice, /^Remove$/);
		await keys.press("Enter");
		await alice.page
			.getByRole("button", { name: "Remove Bob" })
			.waitFor({ state: "detached" });
		await tabTo(alice, /Carol/);
		await keys.press("Space");
		await tabTo(alice, /^Add to the conversation$/);
		await keys.press("Enter");
		await alice.page.getByRole("button", { name: "Remove Carol" }).waitFor();
		await keys.press("Escape");
		await dialog.waitFor({ state: "detached" });
		// The focus returns to the button that opened the dialog.
		await hasFocus(alice.page.getByRole("button", { name: "People" }));

		// The list takes the focus, so that the arrow keys scroll the history.
		await tabTo(alice, /^Messages$/);
		await keys.press("Home");
		await tabTo(alice, /^People$/, true);
		await keys.press("Enter");
		await hasFocus(dialog);
		await tabTo(alice, /^Leave the conversation$/);
		await keys.press("Enter");
		await hasFocus(question);
		await tabTo(alice, /^Leave$/);
		await keys.press("Enter");
		await alice.sees("Select a conversation or start one.");
	});

	test("a screen reader announces new messages of others once, and no history", async () => {
		const [one, other] = [randomUUID(), randomUUID()];
		const id = await server.conversation(one, [other], "First conversation");
		const bob = await ChatPage.open(await server.link(other, "Bob", id));
		await bob.isReady();
		await bob.say("old news");
		await bob.shows(["old news"]);
		const alice = await ChatPage.open(await server.link(one, "Alice", id));
		await alice.shows(["old news"]);
		const log = alice.page.getByRole("log", { name: "New messages" });
		await bob.say("fresh news");
		await expect.poll(() => log.textContent()).toBe("Bob: fresh news");
		await alice.say("my own");
		await alice.shows(["old news", "fresh news", "my own"]);
		await bob.say("and more");
		await expect.poll(() => log.textContent()).toBe("Bob: and more");
	});
});
