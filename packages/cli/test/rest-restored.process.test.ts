/** The lines of docs/rest.md for a backend whose server goes back to a backup. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { Restored } from "../../client/test/support/restored.ts";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { token } from "../../server/test/support/token.ts";
import { ROOT } from "./support/program.ts";
import { history } from "./support/server-process.ts";
import { ALICE, BOB } from "./support/terminal-client.ts";

interface Copy {
	epoch: string | undefined;
	messages: { readonly message_id: string }[];
}

test("[EP-3] a backend that does what the guide says has the restored log, also once that has passed its number", async () => {
	const scene = await Restored.start();
	const id = await scene.conversation(BOB, ALICE);
	const guide = readFileSync(join(ROOT, "docs/rest.md"), "utf8");
	const [, code = ""] = /```js\n([\s\S]*?)```/.exec(guide) ?? [];
	const file = join(temporaryDirectory(), "update.mjs");
	writeFileSync(
		file,
		`export ${code
			.replace("http://localhost:8082", scene.relay.url)
			.replace("550e8400-e29b-41d4-a716-446655440000", id)
			.replace("async function", "export async function")}`,
	);
	const { update } = (await import(pathToFileURL(file).href)) as {
		update(copy: Copy, bearer: string): Promise<void>;
	};
	const bearer = await token(ALICE);
	const ids = async (): Promise<string[]> =>
		(await history(scene.server, id, bearer)).map((it) => it.message_id);
	const copy: Copy = { epoch: undefined, messages: [] };
	const copied = (): string[] => copy.messages.map((it) => it.message_id);
	const some = (of: string, count: number): string[] =>
		Array.from({ length: count }, (_, i) => `${of} ${i + 1}`);

	await scene.post(id, BOB, some("old", 5));
	await scene.backUp();
	await scene.post(id, BOB, some("lost", 5));
	await update(copy, bearer);
	expect(copied()).toEqual(await ids());
	await scene.goBack();
	scene.comeBack();
	await scene.post(id, BOB, some("new", 120));
	await update(copy, bearer);
	expect(copied()).toHaveLength(125);
	expect(copied()).toEqual(await ids());
	await scene.post(id, BOB, ["after all"]);
	await update(copy, bearer);
	expect(copied()).toEqual(await ids());
});
