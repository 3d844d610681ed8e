import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { fileOutbox } from "../src/file-outbox.ts";

test("a closed outbox does not write, because its descriptor may belong to a different file", async () => {
	const directory = temporaryDirectory();
	const outbox = fileOutbox(join(directory, "outbox"));
	outbox.close();
	const another = join(directory, "another");
	const descriptor = openSync(another, "w");
	outbox.close();
	const added = outbox.add("key", {
		clientMessageId: "6f1f4a0f-8f01-4a36-9d53-3f0c9f0e5d1b",
		content: "late",
		isEncrypted: false,
		messageType: "text",
		metadata: {},
		createdAt: 0,
	});
	await expect(added).rejects.toThrow("closed");
	closeSync(descriptor);
	expect(readFileSync(another, "utf8")).toBe("");
});
