/** Tests the lines of docs/backend.md for a backend whose server is restored from a backup. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";
import { Restored } from "../../client/test/support/restored.ts";
import { SECRET, token } from "../../server/test/support/token.ts";
import { writeBackendGuide } from "./support/backend-guide.ts";
import { history } from "./support/server-process.ts";
import { ALICE, BOB } from "./support/terminal-client.ts";

interface Copy {
	epoch: string | undefined;
	messages: { readonly message_id: string }[];
}

test("[EP-3] a backend that follows the guide has the restored log, even if the log has passed its last seq", async () => {
	const scene = await Restored.start();
	vi.stubEnv("SECURECONNECT_JWT_SECRET", SECRET);
	vi.stubEnv("CHAT_URL", scene.relay.url);
	onTestFinished(() => void vi.unstubAllEnvs());
	const directory = writeBackendGuide();
	const load = async <T>(file: string): Promise<T> => {
		const { href } = pathToFileURL(join(directory, file));
		return (await import(/* @vite-ignore */ href)) as T;
	};
	const { chatId } = await load<{ chatId(name: string): string }>("ids.mjs");
	const { update } = await load<{
		update(conversationId: string, copy: Copy): Promise<void>;
	}>("receive.mjs");
	const id = await scene.conversation(BOB, ALICE, chatId("user:order-bot"));
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
	await update(id, copy);
	expect(copied()).toEqual(await ids());
	await scene.goBack();
	scene.comeBack();
	await scene.post(id, BOB, some("new", 120));
	await update(id, copy);
	expect(copied()).toHaveLength(125);
	expect(copied()).toEqual(await ids());
	await scene.post(id, BOB, ["after all"]);
	await update(id, copy);
	expect(copied()).toEqual(await ids());
});
