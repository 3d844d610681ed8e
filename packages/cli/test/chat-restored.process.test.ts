/** `chat --json` and `tail --json` on a server that is restored from a backup. */
import { expect, test } from "vitest";
import { Restored } from "../../client/test/support/restored.ts";
import {
	ALICE,
	BOB,
	contentsOf,
	startClient,
	untilContent,
} from "./support/terminal-client.ts";

const numbered = (of: string, count: number): string[] =>
	Array.from({ length: count }, (_, i) => `${of} ${i + 1}`);

test.each([
	["chat", "--history", "2"],
	["tail", "--history", "2"],
	["chat", "--history", "0"],
] as const)(
	"%s --json %s %s continues with the new entries of the restored log",
	async (command, ...history) => {
		const scene = await Restored.start();
		const id = await scene.conversation(BOB, ALICE);
		await scene.post(id, BOB, numbered("old", 4));
		await scene.backUp();
		const program = await startClient(
			command,
			{ address: scene.relay.url.replace("http://", "") },
			id,
			ALICE,
			["--json", ...history],
		);
		await program.until(
			() => /connected/.test(program.stderr) || undefined,
			"that it is connected",
		);
		await scene.post(id, BOB, ["lost 1", "lost 2"]);
		await untilContent(program, "lost 2");
		const before = contentsOf(program);
		expect(before).toEqual(
			[...numbered("old", 4), "lost 1", "lost 2"].slice(
				-2 - Number(history[1]),
			),
		);
		await scene.goBack();
		await scene.post(id, BOB, numbered("new", 8));
		scene.comeBack();
		await untilContent(program, "new 8");
		await scene.post(id, BOB, ["after all"]);
		await untilContent(program, "after all");
		expect(contentsOf(program)).toEqual([
			...before,
			...numbered("new", 8),
			"after all",
		]);
		expect(program.stderr).toMatch(/was restored from a backup/);
	},
);
