/** Conversation with many messages of Bob that Alice has read. It opens at its end. */
import { randomUUID } from "node:crypto";
import { connect } from "../../../../packages/cli/test/support/server-process.ts";
import type { TestClient } from "../../../../packages/server/test/support/client.ts";
import { token } from "../../../../packages/server/test/support/token.ts";
import type { SharedServer } from "./shared-server.ts";

export interface ReadConversation {
	readonly bob: TestClient;
	/** Returns the address of Alice's page. @param host replaces the server's own host */
	link(host?: string): Promise<string>;
}

export async function readConversation(
	server: SharedServer,
	contents: readonly string[],
): Promise<ReadConversation> {
	const [alice, bob] = [randomUUID(), randomUUID()];
	const id = await server.conversation(alice, [bob], "Much said");
	const said = await connect(server, id, "", {
		bearer: await token(bob, { name: "Bob" }),
	});
	for (const content of contents) said.send({ type: "chat", content });
	const { message_id } = await said.waitFor(
		({ seq }) => seq === contents.length,
	);
	const reader = await connect(server, id, alice);
	reader.send({ type: "read", message_id });
	await reader.settle();
	await reader.close();
	return {
		bob: said,
		link: (host) => server.link(alice, "Alice", id, host),
	};
}
