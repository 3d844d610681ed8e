/** The focus in the messages, and the list of conversations beside them. */
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import {
	connect,
	rest,
} from "../../../packages/cli/test/support/server-process.ts";
import { token } from "../../../packages/server/test/support/token.ts";
import { ChatPage, DESKTOP } from "./support/chat-page.ts";
import { choose, row } from "./support/message-menu.ts";
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

test("a message is a single stop of Tab: Shift+Tab leads from the field to the newest one, the right arrow to its buttons", async () => {
	const { id, one, other } = await conversation([
		"first",
		"see https://a.example",
	]);
	const bearer = await token(other, { name: "Bob" });
	const { body } = await rest(
		server,
		"GET",
		`/v1/conversations/${id}/messages`,
		bearer,
	);
	const { messages } = body as {
		messages: { message_id: string; content: string }[];
	};
	const target_id = messages.find(({ content }) =>
		content.startsWith("see"),
	)?.message_id;
	const bob = await connect(server, id, "", { bearer });
	bob.send({ type: "reaction", target_id, reaction: "👍", on: true });
	bob.send({ type: "chat", content: "in the thread", thread_id: target_id });
	await bob.settle();
	const alice = await ChatPage.open(await server.link(one, "Alice", id));
	await alice.isReady();
	await row(alice, "see")
		.getByRole("button", { name: /^1 reply/ })
		.waitFor();
	const keys = alice.page.keyboard;
	const focused = (): Promise<string> =>
		alice.page.evaluate(
			() =>
				document.activeElement?.getAttribute("aria-label") ??
				document.activeElement?.textContent ??
				"",
		);
	await alice.field.focus();
	await keys.press("Shift+Tab");
	await expect.poll(focused).toMatch(/^Bob, .*: see/);
	for (const [key, name] of [
		["ArrowRight", /^https:/],
		["ArrowRight", /^👍 1/],
		["Tab", /^Add a reaction$/],
		["ArrowRight", /1 reply/],
		["ArrowLeft", /^Add a reaction$/],
		["ArrowRight", /1 reply/],
		["Tab", /^Message to Lunch$/],
		["Shift+Tab", /^Bob, .*: see/],
		["ArrowUp", /: first$/],
		["Escape", /^Message to Lunch$/],
	] as const) {
		await keys.press(key);
		await expect.poll(focused).toMatch(name);
	}
	bob.send({ type: "chat", content: "newer" });
	await row(alice, "newer").waitFor();
	await keys.press("Shift+Tab");
	await expect.poll(focused).toMatch(/: newer$/);
	await keys.press("Enter");
	await alice.page.getByRole("menu", { name: "Message" }).waitFor();
});

/** Stops the requests for the list that the page repeats every 15 seconds. */
function withoutTicks(): void {
	const start = window.setInterval.bind(window);
	window.setInterval = ((work: () => void, ms?: number) =>
		ms !== undefined && ms >= 15_000
			? 0
			: start(work, ms)) as typeof setInterval;
}

test("the list follows an edit, a deletion and a mark as unread at once, and a click on the open row keeps the focus", async () => {
	const { id, one } = await conversation(["Soup?"]);
	const alice = await ChatPage.open(
		await server.link(one, "Alice", id),
		DESKTOP,
		(context) => context.addInitScript(withoutTicks),
	);
	await alice.isReady();
	await alice.say("Soop");
	await alice.hasStored(1);
	const said = alice.list.locator(".said");
	await expect.poll(() => said.innerText()).toBe("Soop");
	await alice.field.press("ArrowUp");
	await alice.page.getByText("Edit message").waitFor();
	await alice.field.fill("Soup");
	await alice.field.press("Enter");
	await expect.poll(() => said.innerText()).toBe("Soup");

	await alice.list.getByRole("link", { name: /Lunch/ }).click();
	await expect
		.poll(() =>
			alice.field.evaluate((field) => field === document.activeElement),
		)
		.toBe(true);

	await choose(alice, "Soup", "Delete…");
	const no = alice.page
		.getByRole("alertdialog")
		.getByRole("button", { name: "Cancel" });
	await expect
		.poll(() =>
			no.evaluate((it) => [
				it === document.activeElement,
				getComputedStyle(it).outlineStyle,
			]),
		)
		.toEqual([true, "solid"]);
	await alice.page
		.getByRole("alertdialog")
		.getByRole("button", { name: "Delete" })
		.click();
	await expect.poll(() => said.innerText()).not.toBe("Soup");

	// The list shows the mark before the server answers.
	await alice.page.route("**/me", () => {});
	await choose(alice, "Soup?", "Mark as unread");
	await alice.list.locator("[data-unread]").waitFor();
});
