/** Messages that change while the page shows them. */
import { randomUUID } from "node:crypto";
import { test } from "vitest";
import { connect } from "../../../packages/cli/test/support/server-process.ts";
import { say } from "../../../packages/server/test/support/chat.ts";
import { token } from "../../../packages/server/test/support/token.ts";
import { ChatPage } from "./support/chat-page.ts";
import { sharedServer } from "./support/shared-server.ts";

const server = sharedServer();

test("an edit and a deletion by another user show live, and after a reload", async () => {
	const [alice, bob] = [randomUUID(), randomUUID()];
	const id = await server.conversation(alice, [bob], "Lunch");
	const author = await connect(server, id, bob, {
		bearer: await token(bob, { name: "Bob" }),
	});
	const { message_id: first } = await say(author, "Nono?");
	const { message_id: second } = await say(author, "wrong room");
	const page = await ChatPage.open(await server.link(alice, "Alice", id));
	await page.sees("wrong room");
	author.send({ type: "edit", target_id: first, content: "Noon?" });
	author.send({ type: "delete", target_id: second });
	await page.sees("Noon?");
	await page.sees("Message deleted");
	await page.page.getByText("wrong room").waitFor({ state: "detached" });
	await page.page.reload();
	await page.sees("Noon?");
	await page.sees("Message deleted");
});
