/**
 * A program that writes a number of messages, keeps them in a file, and is killed. It prints `kept N` once the file
 * has message N, and `done` when all messages are acknowledged, including those of earlier runs.
 */
import { createClient } from "@secureconnect/client";
import { fileOutbox } from "@secureconnect/client/file-outbox";

const [
	url = "",
	conversationId = "",
	userId = "",
	token = "",
	file = "",
	run = "",
	most = "",
] = process.argv.slice(2);
const client = createClient({
	url,
	token: () => token,
	userId,
	outbox: fileOutbox(file),
});
const conversation = client.conversation(conversationId);
let count = 0;
const writing = setInterval(() => {
	const number = count++;
	conversation.send(`${run}:${number}`);
	setImmediate(() => process.stdout.write(`kept ${number}\n`));
	if (count === Number(most)) clearInterval(writing);
}, 3);
conversation.on("outbox", () => {
	if (count < Number(most) || conversation.unacknowledged.length > 0) return;
	process.stdout.write("done\n", () => process.exit());
});
