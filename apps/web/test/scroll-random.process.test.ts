import { expect, test } from "vitest";
import { LONG } from "../../../packages/server/test/support/long.ts";
import { seedFrom } from "../../../packages/server/test/support/random.ts";
import { ChatPage } from "./support/chat-page.ts";
import { readConversation } from "./support/read-conversation.ts";
import { type Act, inspectScroller } from "./support/scroll-steps.ts";
import { sharedServer } from "./support/shared-server.ts";

const server = sharedServer();

const SEED = seedFrom("SCROLL_SEED", 1636343490);
const STEPS = LONG ? 5000 : 200;
const SAID = 300;

interface View {
	readonly width: number;
	readonly height: number;
	readonly deviceScaleFactor: number;
	readonly mobile: boolean;
}

/** Creates a generator of numbers from 0 up to `below`, the same for the same seed (mulberry32). */
function dice(seed: number): (below: number) => number {
	let state = seed;
	return (below) => {
		state = (state + 0x6d2b79f5) | 0;
		let it = Math.imul(state ^ (state >>> 15), 1 | state);
		it = (it + Math.imul(it ^ (it >>> 7), 61 | it)) ^ it;
		return Math.floor((((it ^ (it >>> 14)) >>> 0) / 2 ** 32) * below);
	};
}

/** Creates a text: mostly one line, sometimes many, sometimes so many that the page folds them. */
function content(random: (below: number) => number): string {
	switch (random(8)) {
		case 0:
			return "line\n".repeat(1 + random(70));
		case 1:
			return "long words ".repeat(1 + random(400));
		default:
			return "word ".repeat(1 + random(20));
	}
}

test("after any step the list shows rows, none jumps, and a reader at the end stays there", async () => {
	console.log(`SCROLL_SEED=${SEED}`);
	const random = dice(SEED);
	// Pages are requested at moments that differ from run to run: their delays must not change the steps.
	const delay = dice(SEED + 1);
	const { bob, link } = await readConversation(
		server,
		Array.from({ length: SAID }, () => content(random)),
	);
	const say = (): void => bob.send({ type: "chat", content: content(random) });
	const alice = await ChatPage.open(
		await link(),
		{},
		// Delay the pages of the history, so that the list sometimes reaches the top before they arrive.
		(context) =>
			context.route(/\/messages\?/, async (route) => {
				await new Promise((resolve) => setTimeout(resolve, delay(300)));
				await route.continue().catch(() => {});
			}),
	);
	await alice.page.locator(`[data-seq="${SAID}"]`).waitFor();
	await alice.page.evaluate(inspectScroller);
	const cdp = await alice.context.newCDPSession(alice.page);

	/** Continues for some steps, up or down. */
	let pace = { by: 0, steps: 0 };
	const act = (): { act: Act; view?: View } => {
		if (pace.steps-- > 0)
			return {
				act: { kind: "scroll", by: pace.by + random(3) - 1 },
			};
		switch (random(8)) {
			case 0:
			case 1:
			case 2: {
				const most = [10, 150, 700][random(3)] ?? 0;
				pace = { by: random(2 * most) - most, steps: 3 + random(12) };
				return act();
			}
			case 3:
				return { act: { kind: "jump", to: random(5) / 4 } };
			case 4:
				return { act: { kind: "toggle", nth: random(100) } };
			case 5:
				return {
					act: { kind: "nothing" },
					view: {
						width: 350 + random(1100),
						height: 250 + random(900),
						deviceScaleFactor: [1, 1.25, 1.5, 2][random(4)] ?? 1,
						mobile: false,
					},
				};
			default:
				return { act: { kind: "nothing" } };
		}
	};
	const done: string[] = [];
	for (let n = 0; n < STEPS; n++) {
		const { act: it, view } = act();
		const arriving = Math.max(0, random(8) - 4);
		done.push(JSON.stringify({ ...it, ...view, arriving }));
		await alice.page.evaluate(() => window.scrollSteps.before());
		if (view) await cdp.send("Emulation.setDeviceMetricsOverride", view);
		for (let i = 0; i < arriving; i++) say();
		const wrong = await alice.page.evaluate(
			(given) => window.scrollSteps.after(given),
			it,
		);
		expect(
			wrong,
			`SCROLL_SEED=${SEED}, step ${n}, after ${done.slice(-6).join("; ")}`,
		).toEqual([]);
	}
});
