/**
 * A program that writes one message after the other, keeps them in a file, and is killed. Says `kept N` once the file
 * has message N, stops writing at a line on standard input, and says `done` when all are acknowledged.
 */
import { createClient } from "@secureconnect/client";
import { fileOutbox } from "@secureconnect/client/file-outbox";

const [url = "", conversationId = "", userId = "", token = "", file = "", run] =
	process.argv.slice(2);
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
	conversation.sendChat(`${run}:${number}`);
	setImmediate(() => process.stdout.write(`kept ${number}\n`));
}, 3);
process.stdin.once("data", () => {
	clearInterval(writing);
	conversation.sendChat(`${run}:${count}`);
	conversation.on("outbox", () => {
		if (conversation.unacknowledged.length > 0) return;
		process.stdout.write("done\n");
		process.exit();
	});
});
