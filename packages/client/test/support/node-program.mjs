// Uses the build like any program on Node. The tests run it on several Node versions.
import { createClient } from "@secureconnect/client";
import { fileOutbox } from "@secureconnect/client/file-outbox";

const [part, url, userId, id, token, file] = process.argv.slice(2);
const outbox = fileOutbox(file);
const client = createClient({ url, userId, token: () => token, outbox });
const room = client.conversation(id);
const print = (value) => console.log(JSON.stringify(value));

if (part === "writes") {
	// No server listens yet: the file keeps the message, and the program ends.
	room.send("kept").acknowledged.catch(({ code }) => print(code));
	room.on("state", ({ name }) => {
		if (name === "waiting") end();
	});
} else {
	room.on("message", ({ content, seq }) => print([content, seq]));
	await room.send("live", { metadata: { a_b: 1 } }).acknowledged;
	for await (const { content, seq, metadata } of room.history({ after: 0 }))
		print({ content, seq, metadata });
	print(process.versions.node);
	end();
}

function end() {
	client.close();
	outbox.close();
}
