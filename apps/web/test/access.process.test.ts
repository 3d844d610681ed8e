import { randomUUID } from "node:crypto";
import axe from "axe-core";
import type { BrowserContext, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { startDev } from "../../../packages/cli/test/support/server-process.ts";
import { Relay } from "../../../packages/client/test/support/relay.ts";
import { temporaryDirectory } from "../../../packages/server/test/support/server.ts";
import { ChatPage, DESKTOP, type Look, PHONE } from "./support/chat-page.ts";
import { sharedServer } from "./support/shared-server.ts";

const server = sharedServer();

/** What axe finds wrong with the page as it is now, by day and by night, in words. */
async function violations({ page }: ChatPage): Promise<string[]> {
	const found: string[] = [];
	for (const colorScheme of ["light", "dark"] as const) {
		await page.emulateMedia({ colorScheme });
		for (const violation of await violationsNow(page))
			found.push(`${colorScheme}: ${violation}`);
	}
	return found;
}

function violationsNow(page: Page): Promise<string[]> {
	return page.evaluate(async () => {
		const { violations } = await (
			Reflect.get(globalThis, "axe") as {
				run(): Promise<{
					violations: {
						id: string;
						help: string;
						nodes: { html: string; failureSummary: string }[];
					}[];
				}>;
			}
		).run();
		return violations.flatMap(({ id, help, nodes }) =>
			nodes.map(
				({ html, failureSummary }) =>
					`${id}: ${help}: ${html.slice(0, 200)} ${failureSummary}`,
			),
		);
	});
}

/** Puts axe into a page before the page's own policy can object. */
const withAxe = (context: BrowserContext): Promise<unknown> =>
	context.addInitScript({ content: axe.source });

const looks: [string, Look][] = [
	["desktop", DESKTOP],
	["phone", PHONE],
];

test.each(looks)(
	"axe finds nothing wrong, by day and by night: %s",
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
	"axe finds nothing wrong with signing in, by day and by night: %s",
	async (_, look) => {
		const page = await ChatPage.open(
			`http://${server.address}/`,
			look,
			withAxe,
		);
		await page.page.getByRole("textbox").fill("nothing");
		await page.page.getByRole("button", { name: "Sign in" }).click();
		await page.sees(/This is no token/);
		expect(await violations(page)).toEqual([]);
	},
);

describe("by keyboard alone", () => {
	/** Presses Tab until this has the focus, as somebody does who sees where it is. */
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

	test("one chats, makes a conversation, adds and removes a person, leaves, and never loses the focus", async () => {
		const dev = await startDev(temporaryDirectory());
		const alice = await ChatPage.open(`http://localhost:${dev.port}/`);
		const keys = alice.page.keyboard;
		await alice.isReady();
		// It begins where one writes.
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
		await alice.page.getByRole("dialog").waitFor();
		await keys.type("Lunch");
		await tabTo(alice, /Bob/);
		await keys.press("Space");
		await tabTo(alice, /^Create$/);
		await keys.press("Enter");
		await alice.page.getByRole("heading", { name: "Lunch" }).waitFor();
		await alice.page.getByRole("dialog").waitFor({ state: "detached" });
		await expect
			.poll(() =>
				alice.page.evaluate(() =>
					document.activeElement?.getAttribute("aria-label"),
				),
			)
			.toBe("Message to Lunch");
		await keys.type("Noon?");
		await keys.press("Enter");
		await alice.shows(["Noon?"]);

		// From conversation to conversation.
		await tabTo(alice, /First conversation/, true);
		await keys.press("Enter");
		await alice.shows(["by hand\nin two lines", "and again"]);
		await tabTo(alice, /^.?L?.*Lunch/, true);
		await keys.press("Enter");
		await alice.shows(["Noon?"]);

		await tabTo(alice, /^People$/, true);
		await keys.press("Enter");
		await alice.page.getByRole("dialog", { name: "People" }).waitFor();
		await tabTo(alice, /^Remove Bob$/);
		await keys.press("Enter");
		await alice.page.getByRole("alertdialog").waitFor();
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
		await alice.page.getByRole("dialog").waitFor({ state: "detached" });
		// Back where it was opened.
		expect(
			await alice.page.evaluate(() =>
				document.activeElement?.getAttribute("aria-label"),
			),
		).toBe("People");

		// History by the arrow keys' own means: the list takes the focus.
		await tabTo(alice, /^Messages$/);
		await keys.press("Home");
		await tabTo(alice, /^People$/, true);
		await keys.press("Enter");
		await tabTo(alice, /^Leave the conversation$/);
		await keys.press("Enter");
		await alice.page.getByRole("alertdialog").waitFor();
		await tabTo(alice, /^Leave$/);
		await keys.press("Enter");
		await alice.sees("Choose a conversation, or begin one.");
	});

	test("what others write is said to a screen reader, once, and history is not", async () => {
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
