import { randomUUID } from "node:crypto";
import { HttpError } from "@secureconnect/protocol";
import { type Check, check } from "../check.ts";
import type { Frame } from "../test-client.ts";
import { type Trial, type User, V1 } from "../trial.ts";
import { expectSame } from "../verdict.ts";
import { expectRefusal } from "./handshake.ts";

/** Returns the epoch in the answer to a request. */
async function epochIn(t: Trial, path: string, by: User): Promise<unknown> {
	const { body } = await t.rest("GET", path, by);
	return (body as Frame | undefined)?.epoch;
}

export const EPOCH: readonly Check[] = [
	check("EP-1", async (t) => {
		t.needsRest();
		const user = await t.user();
		const room = await t.room(user);
		const epoch = await epochIn(t, "/conversations", user);
		expectSame(typeof epoch, "string", "type of epoch in the list");
		for (const path of ["", "/messages"])
			expectSame(
				await epochIn(t, `/conversations/${room}${path}`, user),
				epoch,
				`epoch of /conversations/{id}${path}`,
			);
	}),

	check("EP-3", async (t) => {
		t.needsRest();
		const user = await t.user();
		const room = await t.room(user);
		const path = `/conversations/${room}/messages`;
		const epoch = String(await epochIn(t, path, user));
		expectRefusal(
			await t.rest("GET", `${path}?epoch=${randomUUID()}`, user),
			412,
			HttpError.epochChanged,
			"a different epoch",
		);
		expectSame(
			(await t.rest("GET", `${path}?epoch=${epoch}`, user)).status,
			200,
			"status with the log's epoch",
		);
	}),

	check("EP-4", async (t) => {
		const user = await t.user();
		const peer = await t.connect(user, await t.room(user), V1);
		const { epoch } = await peer.next("welcome");
		expectSame(typeof epoch, "string", "type of epoch in welcome");
	}),
];
