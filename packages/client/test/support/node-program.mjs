// A program on Node, out of the build, told apart by nothing but the Node that runs it.
import { createClient } from "@secureconnect/client";
import { fileOutbox } from "@secureconnect/client/file-outbox";

const [part, url, userId, id, token, file] = process.argv.slice(2);
const outbox = fileOutbox(file);
const client = createClient({ url, userId, token: () => token, outbox });
const room = client.conversation(id);
const print = (value) => console.log(JSON.stringify(value));

if (part === "writes") {
	// Nobody listens there yet: it is kept, and the program is gone.
	room.sendChat("kept").acknowledged.catch(({ code }) => print(code));
	room.on("state", ({ name }) => {
		if (name === "waiting") end();
	});
} else {
	room.on("message", ({ content, seq }) => print([content, seq]));
	await room.sendChat("live", { metadata: { a_b: 1 } }).acknowledged;
	for await (const { content, seq, metadata } of room.history({ after: 0 }))
		print({ content, seq, metadata });
	print(process.versions.node);
	end();
}

function end() {
	client.close();
	outbox.close();
}
