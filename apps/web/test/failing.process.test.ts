/** What the page does when an edit is refused, and without a clipboard interface. */
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { connect } from "../../../packages/cli/test/support/server-process.ts";
import { say } from "../../../packages/server/test/support/chat.ts";
import { token } from "../../../packages/server/test/support/token.ts";
import { ChatPage, DESKTOP } from "./support/chat-page.ts";
import { sharedServer } from "./support/shared-server.ts";

const server = sharedServer();

async function conversation() {
	const [alice, bob] = [randomUUID(), randomUUID()];
	const id = await server.conversation(alice, [bob], "Lunch");
	return { alice, bob, id, link: await server.link(alice, "Alice", id) };
}

test("an edit of a text that a second device has changed keeps the typed text, and saving again replaces the newer one", async () => {
	const { alice, id, link } = await conversation();
	const device = await connect(server, id, alice, {
		bearer: await token(alice, { name: "Alice" }),
	});
	const { message_id: target } = await say(device, "Nono?");
	const { chat, page, field } = await open(link);
	await chat.shows(["Nono?"]);
	await field.press("ArrowUp");
	await field.fill("Noon?");
	device.send({ type: "edit", target_id: target, content: "At one?" });
	await chat.shows(["At one?"]);
	await field.press("Enter");
	const reason = page.getByRole("alert").getByText("Save again to replace");
	await reason.waitFor();
	await page.getByText("Edit message").waitFor();
	expect(await field.inputValue()).toBe("Noon?");
	await chat.shows(["At one?"]);
	await field.press("Enter");
	await reason.waitFor({ state: "detached" });
	await page.getByText("Edit message").waitFor({ state: "detached" });
	await chat.shows(["Noon?"]);
	expect(await field.inputValue()).toBe("");
});

test("a page without the clipboard interface copies the text of a message", async () => {
	const { bob, id, link } = await conversation();
	await server.post(id, bob, "Bob", ["Soup at noon"]);
	const chat = await ChatPage.open(link, DESKTOP, (context) =>
		context.addInitScript(() =>
			Object.defineProperty(navigator, "clipboard", { value: undefined }),
		),
	);
	await chat.shows(["Soup at noon"]);
	await chat.page
		.locator(".pane .row .bubble .text")
		.click({ button: "right" });
	const menu = chat.page.getByRole("menu", { name: "Message" });
	await menu.getByRole("menuitem", { name: "Copy text" }).click();
	await menu.waitFor({ state: "detached" });
	await chat.field.focus();
	await chat.page.keyboard.press("Control+V");
	await expect.poll(() => chat.field.inputValue()).toBe("Soup at noon");
});

async function open(link: string) {
	const chat = await ChatPage.open(link);
	await chat.isReady();
	return { chat, page: chat.page, field: chat.field };
}
