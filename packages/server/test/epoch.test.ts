import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { HttpError, parseUuid, SUBPROTOCOL } from "@secureconnect/protocol";
import { expect, test } from "vitest";
import { backUp, restore } from "../src/log/sqlite/backup.ts";
import { verify } from "../src/log/sqlite/verify.ts";
import { createConversation } from "./support/http.ts";
import {
	startTestServer,
	type TestServer,
	temporaryDirectory,
} from "./support/server.ts";

const CONVERSATIONS = "/v1/conversations";
const quiet = (): void => {};

async function epochOf(server: TestServer, user: string): Promise<string> {
	const { body } = await server.rest("GET", CONVERSATIONS, user);
	return (body as { epoch: string }).epoch;
}

test("[EP-1] [EP-4] pages, lists, conversations and welcomes carry the log's epoch, also after a restart", async () => {
	const server = await startTestServer();
	const user = randomUUID();
	const id = await createConversation(server, user);
	const epoch = await epochOf(server, user);
	expect(parseUuid(epoch)).toBe(epoch);
	const path = `${CONVERSATIONS}/${id}`;
	for (const url of [path, `${path}/messages`, `${path}/messages?after_seq=0`])
		expect((await server.rest("GET", url, user)).body).toMatchObject({ epoch });
	const client = await server.connect(id, user, { protocols: [SUBPROTOCOL] });
	expect(await client.next("welcome")).toMatchObject({ epoch });

	await server.drain();
	const again = await startTestServer({ dataDirectory: server.directory });
	expect(await epochOf(again, user)).toBe(epoch);
});

test("[EP-2] a restored log has a new epoch, and the backup is unchanged", async () => {
	const server = await startTestServer();
	const user = randomUUID();
	const id = await createConversation(server, user);
	const epoch = await epochOf(server, user);
	const [backup, once, twice] = ["backup", "once", "twice"].map((name) =>
		join(temporaryDirectory(), name),
	) as [string, string, string];
	await backUp(server.directory, backup, quiet);
	await restore(backup, once, quiet);
	await restore(backup, twice, quiet);
	const epochs = [epoch];
	for (const directory of [once, twice]) {
		expect(await verify(directory, quiet)).toMatchObject({ whole: true });
		const copy = await startTestServer({ dataDirectory: directory });
		expect(
			(await copy.rest("GET", `${CONVERSATIONS}/${id}`, user)).status,
		).toBe(200);
		epochs.push(await epochOf(copy, user));
	}
	expect(new Set(epochs).size).toBe(3);
	expect(await verify(backup, quiet)).toMatchObject({ whole: true });
});

test("[EP-3] a request with a different epoch gets 412 and changes nothing", async () => {
	const server = await startTestServer();
	const user = randomUUID();
	const id = await createConversation(server, user);
	const epoch = await epochOf(server, user);
	const messages = `${CONVERSATIONS}/${id}/messages`;
	const body = { content: "hello" };
	for (const wrong of [randomUUID(), "", "x", `${epoch}&epoch=${epoch}`])
		for (const [method, path, sent] of [
			["GET", CONVERSATIONS, undefined],
			["GET", `${messages}?after_seq=0`, undefined],
			["GET", `${CONVERSATIONS}/${randomUUID()}`, undefined],
			["POST", messages, body],
		] as const)
			expect(
				await server.rest(
					method,
					`${path}${path.includes("?") ? "&" : "?"}epoch=${wrong}`,
					user,
					sent,
				),
			).toMatchObject({ status: 412, body: { error: HttpError.epochChanged } });
	const same = `epoch=${epoch.toUpperCase()}`;
	expect(
		(await server.rest("POST", `${messages}?${same}`, user, body)).status,
	).toBe(201);
	expect(
		(await server.rest("GET", `${messages}?limit=5&${same}`, user)).body,
	).toMatchObject({ messages: [{ seq: 1 }] });
});
