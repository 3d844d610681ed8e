import { afterAll, beforeEach, expect, test } from "vitest";
import {
	closeBrowser,
	needChromium,
} from "../../../packages/cli/test/support/browser.ts";
import { startDev } from "../../../packages/cli/test/support/server-process.ts";
import { temporaryDirectory } from "../../../packages/server/test/support/server.ts";
import { ChatPage } from "./support/chat-page.ts";

beforeEach(needChromium);
afterAll(closeBrowser);

const BOB = "b0b00000-0000-4000-8000-000000000002";

test("the message of a user who was removed meanwhile is shown as not sent, with the reason; the user can discard it", async () => {
	const data = temporaryDirectory();
	const dev = await startDev(data);
	const bob = await ChatPage.open(`http://localhost:${dev.port}/?as=bob`);
	await bob.isReady();
	await bob.say("said");
	await bob.shows(["said"]);
	await bob.hasStored(1);
	await dev.program.killHard();
	await bob.sees("No connection");
	await bob.say("left unsaid");
	// Bob's page does not see this.
	const elsewhere = await startDev(data);
	const { status } = await fetch(
		`http://${elsewhere.address}/v1/conversations/${dev.conversationId}/participants/${BOB}`,
		{
			method: "DELETE",
			headers: { Authorization: `Bearer ${elsewhere.users[0].token}` },
		},
	);
	expect(status).toBe(204);
	await elsewhere.program.killHard();
	await startDev(data, ["--port", String(dev.port)]);

	await bob.sees("You are not a participant of this conversation");
	await bob.sees(/^Not sent: /);
	expect(await bob.field.isDisabled()).toBe(true);
	await bob.page.getByRole("button", { name: "Try again" }).first().waitFor();
	// The message survives opening a different conversation, and a reload.
	await bob.page.evaluate(() => {
		location.hash = "#/";
	});
	await bob.sees("Select a conversation");
	await bob.page.goBack();
	await bob.sees(/^Not sent: /);
	await bob.page.reload();
	await bob.sees(/^Not sent: /);
	await bob.shows(["left unsaid"]);
	await bob.page.getByRole("button", { name: "Discard" }).click();
	await bob.sees("No messages to show");
	await bob.page.reload();
	await bob.sees("No messages to show");
	// Browsers log a refused handshake to the console.
	bob.wrong.splice(0);
});

test("a message that is too long is refused with an error and stays in the field", async () => {
	const dev = await startDev(temporaryDirectory(), [], {
		env: { SECURECONNECT_MAX_MESSAGE_BYTES: "1024" },
	});
	const alice = await ChatPage.open(`http://localhost:${dev.port}/`);
	await alice.isReady();
	await alice.say("short");
	await alice.shows(["short"]);
	const long = "long ".repeat(400);
	await alice.say(long);
	await alice.page.getByRole("alert").waitFor();
	expect(await alice.field.inputValue()).toBe(long);
	await alice.say("short again");
	await alice.shows(["short", "short again"]);
	expect(await alice.page.getByRole("alert").count()).toBe(0);
});

test("a draft stays with its conversation", async () => {
	const dev = await startDev(temporaryDirectory());
	const alice = await ChatPage.open(`http://localhost:${dev.port}/`);
	await alice.isReady();
	await alice.page.getByRole("button", { name: "New conversation" }).click();
	await alice.page.getByRole("textbox", { name: /^Title/ }).fill("Other");
	await alice.page.getByRole("button", { name: "Create" }).click();
	await alice.page.getByRole("heading", { name: "Other" }).waitFor();
	await alice.field.fill("half a thought");
	await alice.list.getByRole("link", { name: /First conversation/ }).click();
	await alice.page
		.getByRole("heading", { name: "First conversation" })
		.waitFor();
	expect(await alice.field.inputValue()).toBe("");
	await alice.list.getByRole("link", { name: /Other/ }).click();
	await alice.page.getByRole("heading", { name: "Other" }).waitFor();
	expect(await alice.field.inputValue()).toBe("half a thought");
});
