import type { BrowserContext } from "playwright-core";
import { expect, onTestFinished, test, vi } from "vitest";
import { Relay } from "../../../packages/client/test/support/relay.ts";
import type { TestClient } from "../../../packages/server/test/support/client.ts";
import { ChatPage, DESKTOP, type Look, PHONE } from "./support/chat-page.ts";
import { readConversation } from "./support/read-conversation.ts";
import { inspectScroller } from "./support/scroll-steps.ts";
import { sharedServer } from "./support/shared-server.ts";

const server = sharedServer();

const LAST = 250;

/** Messages of very different heights; neighbours always differ. */
function content(n: number): string {
	const lines = n === 222 ? 200 : n % 7 === 0 ? 1 + (n % 15) : 1;
	return [
		`message ${n}`,
		...Array.from({ length: lines - 1 }, (_, i) => `line ${i}`),
		"word ".repeat((n * 13) % 60),
	].join("\n");
}

/** Opens Alice's page of a conversation with many messages of Bob. */
async function open(
	look: Look = DESKTOP,
	prepare?: (context: BrowserContext) => Promise<unknown>,
	host?: string,
): Promise<{ alice: ChatPage; bob: TestClient }> {
	const { bob, link } = await readConversation(
		server,
		Array.from({ length: LAST }, (_, i) => content(i + 1)),
	);
	const alice = await ChatPage.open(await link(host), look, prepare);
	await alice.page.locator(`[data-seq="${LAST}"]`).waitFor();
	return { alice, bob };
}

/** Returns the visible rows: `seq` to the distance below the list's upper edge. */
function seen(alice: ChatPage): Promise<Record<string, number>> {
	return alice.page.evaluate(() => {
		const scroller = document.querySelector(".scroller");
		if (!scroller) throw new Error("no list");
		const { top, bottom } = scroller.getBoundingClientRect();
		const rows: Record<string, number> = {};
		for (const row of scroller.querySelectorAll("[data-seq]")) {
			const it = row.getBoundingClientRect();
			if (it.bottom > top && it.top < bottom)
				rows[row.getAttribute("data-seq") ?? ""] = it.top - top;
		}
		return rows;
	});
}

/** Returns the distance from the end, in pixels. */
function distance(alice: ChatPage): Promise<number> {
	return alice.page.evaluate(() => {
		const it = document.querySelector(".scroller");
		return it ? it.scrollHeight - it.scrollTop - it.clientHeight : -1;
	});
}

/** Scrolls once. @returns the faults after it */
async function scrollStep(alice: ChatPage, by: number): Promise<string[]> {
	await alice.page.evaluate(inspectScroller);
	return alice.page.evaluate(
		(it) => window.scrollSteps.after({ kind: "scroll", by: it }),
		by,
	);
}

/**
 * Scrolls step by step until a text is in the page.
 * @returns rows that moved by more or less than a step, and steps that showed empty space
 */
function scrollUntil(
	alice: ChatPage,
	step: number,
	selector: string,
): Promise<string[]> {
	return alice.page.evaluate(
		async ([by, until]) => {
			const scroller = document.querySelector(".scroller");
			if (!scroller) throw new Error("no list");
			const edge = scroller.getBoundingClientRect();
			const look = (): Map<string | null, number> => {
				const rows = new Map<string | null, number>();
				for (const row of scroller.querySelectorAll("[data-seq]")) {
					const { top, bottom } = row.getBoundingClientRect();
					if (bottom > edge.top && top < edge.bottom)
						rows.set(row.getAttribute("data-seq"), top);
				}
				return rows;
			};
			const wrong: string[] = [];
			for (let steps = 0; steps < 5000; steps++) {
				const target = document.querySelector(until);
				if (target && target.getBoundingClientRect().bottom > edge.top)
					return wrong;
				const before = look();
				const from = scroller.scrollTop;
				const to = Math.min(
					Math.max(0, from + by),
					scroller.scrollHeight - scroller.clientHeight,
				);
				scroller.scrollTop = to;
				for (let frames = 0; frames < 2; frames++)
					await new Promise(requestAnimationFrame);
				const after = look();
				if (after.size === 0) wrong.push(`nothing is seen at ${to}`);
				for (const [seq, y] of after) {
					const expected = (before.get(seq) ?? y + to - from) - (to - from);
					if (Math.abs(y - expected) > 1.5)
						wrong.push(`${seq} is ${y - expected} from its place at ${to}`);
				}
			}
			return [...wrong, "it does not come"];
		},
		[step, selector] as const,
	);
}

test.for([
	["desktop", DESKTOP, -150],
	["phone", PHONE, -300],
] as const)(
	"history comes in page by page as one scrolls up, and nothing jumps, nor on the way back: %s",
	async ([, look, step]) => {
		const { alice } = await open(look);
		// The page does not contain all rows.
		expect(await alice.page.locator("[data-seq]").count()).toBeLessThan(100);
		expect(await scrollUntil(alice, step, '[data-seq="1"] .beginning')).toEqual(
			[],
		);
		expect(await alice.page.locator("[data-seq]").count()).toBeLessThan(100);
		expect(await scrollUntil(alice, 400, `[data-seq="${LAST}"]`)).toEqual([]);
	},
);

test("new messages do not move a reader who has scrolled up; a click leads back to the end", async () => {
	const { alice, bob } = await open();
	expect(await scrollUntil(alice, -120, '[data-seq="235"]')).toEqual([]);
	const before = await seen(alice);
	for (const n of [1, 2, 3]) bob.send({ type: "chat", content: `late ${n}` });
	const button = alice.page.getByRole("button", { name: "3 new" });
	await button.waitFor();
	expect(await seen(alice)).toEqual(before);
	await button.click();
	await alice.sees("late 3");
	await button.waitFor({ state: "detached" });
	expect(Object.keys(await seen(alice))).toContain(String(LAST + 3));
});

test("a reader at the end stays there when messages arrive and rows grow or shrink", async () => {
	const { alice, bob } = await open();
	for (let n = 1; n <= 50; n++)
		bob.send({ type: "chat", content: content(n * 7) });
	const isShown = alice.page.locator(`[data-seq="${LAST + 50}"]`);
	await isShown.waitFor();
	await expect.poll(() => distance(alice)).toBeLessThan(2);
	// The field grows with its text and makes the list lower.
	await alice.field.fill("one\ntwo\nthree\nfour\nfive");
	await expect.poll(() => distance(alice)).toBeLessThan(2);
	await alice.page.setViewportSize({ width: 500, height: 500 });
	await expect.poll(() => distance(alice)).toBeLessThan(2);
	await isShown.waitFor();
	await alice.page.setViewportSize({ width: 1280, height: 800 });
	await expect.poll(() => distance(alice)).toBeLessThan(2);
});

test("a new message does not move a reader who has scrolled up a little", async () => {
	const { alice, bob } = await open();
	const scroller = alice.page.getByRole("region", { name: "Messages" });
	await scroller.evaluate((it) => {
		it.scrollTop -= 10;
	});
	await alice.page.getByRole("button", { name: "To the newest" }).waitFor();
	const before = await seen(alice);
	bob.send({ type: "chat", content: "late" });
	await alice.page.getByRole("button", { name: "1 new" }).waitFor();
	expect(await seen(alice)).toEqual(before);
});

test("keys lead to the beginning and to the end, past rows that were never drawn", async () => {
	const { alice } = await open();
	expect(await scrollUntil(alice, -500, '[data-seq="1"] .beginning')).toEqual(
		[],
	);
	const scroller = alice.page.getByRole("region", { name: "Messages" });
	await scroller.focus();
	for (const [key, seq] of [
		["End", LAST],
		["Home", 1],
		["End", LAST],
	] as const) {
		await expect
			.poll(async () => {
				await scroller.press(key);
				return Object.keys(await seen(alice));
			})
			.toContain(String(seq));
	}
	// After a jump far into the undrawn rows, the list shows the right ones.
	await scroller.evaluate((it) => {
		it.scrollTop = it.scrollHeight / 2;
	});
	const middle = await vi.waitUntil(
		async () => {
			const seqs = Object.keys(await seen(alice)).map(Number);
			return seqs.length > 0 && seqs;
		},
		{ timeout: 15_000 },
	);
	for (const seq of middle) {
		expect(seq).toBeGreaterThan(LAST / 5);
		expect(seq).toBeLessThan((LAST * 4) / 5);
	}
});

test("a row that grows above the viewport does not move the visible rows", async () => {
	const { alice } = await open();
	expect(await scrollUntil(alice, -100, '[data-seq="222"]')).toEqual([]);
	// The end of the message is visible, its beginning is above.
	const more = alice.page.getByRole("button", { name: /^Show all/ });
	await more.waitFor();
	const scroller = alice.page.getByRole("region", { name: "Messages" });
	await scroller.evaluate((it) => {
		const row = it.querySelector('[data-seq="222"]');
		if (row)
			it.scrollTop +=
				row.getBoundingClientRect().bottom -
				it.getBoundingClientRect().top +
				50;
	});
	await expect.poll(async () => (await seen(alice))["222"]).toBe(undefined);
	const before = await seen(alice);
	const height = (): Promise<number> =>
		alice.page
			.locator('[data-seq="222"]')
			.evaluate((it) => it.getBoundingClientRect().height);
	const low = await height();
	await more.evaluate((it: HTMLElement) => it.click());
	await expect.poll(height).toBeGreaterThan(low);
	await expect.poll(() => seen(alice)).toEqual(before);
});

test("no row jumps on the way down to the end", async () => {
	const { alice } = await open();
	await alice.page.setViewportSize({ width: 1000, height: 500 });
	expect(await scrollUntil(alice, -150, '[data-seq="200"]')).toEqual([]);
	// The last step removes more above than is left below.
	for (const left of [3000, 2300, 1600, 900, 200, 0]) {
		const by = (await distance(alice)) - left;
		expect(await scrollStep(alice, by)).toEqual([]);
	}
});

test.for([
	["after the last word", true],
	["below the last line, where the line has no room", false],
] as const)(
	"older messages arrive above a reader at the top, and no text moves: its time stands %s",
	async ([, hasRoom]) => {
		let release = (): void => {};
		const released = new Promise<void>((resolve) => {
			release = resolve;
		});
		const { alice } = await open(DESKTOP, async (context) => {
			await context.route(
				new RegExp(`before_seq=${LAST - 49}\\b`),
				async (route) => {
					await released;
					await route.continue();
				},
			);
		});
		const scroller = alice.page.getByRole("region", { name: "Messages" });
		const toTop = (): Promise<void> =>
			scroller.evaluate((it) => {
				it.scrollTop = 0;
			});
		const first = alice.page.locator(`[data-seq="${LAST - 49}"]`);
		const text = first.locator(".text");
		/** Whether the time stands beside the last line. */
		const isBeside = (): Promise<boolean> =>
			first.evaluate((it) => {
				const [words, time] = [".text", "time"].map((selector) =>
					it.querySelector(selector)?.getBoundingClientRect(),
				);
				return words !== undefined && time !== undefined
					? time.top < words.bottom
					: false;
			});
		// How the text breaks into lines depends on the fonts: search for the width.
		let width = 900;
		await expect
			.poll(
				async () => {
					width -= 10;
					await alice.page.setViewportSize({ width, height: 700 });
					await toTop();
					await text.waitFor();
					return isBeside();
				},
				{ interval: 0 },
			)
			.toBe(hasRoom);
		const places = (): Promise<number[]> =>
			Promise.all(
				[text, alice.page.locator(`[data-seq="${LAST - 48}"] .text`)].map(
					(it) => it.evaluate((row) => row.getBoundingClientRect().top),
				),
			);
		const before = await places();
		release();
		await alice.page.locator(`[data-seq="${LAST - 50}"]`).waitFor({
			state: "attached",
		});
		const after = await places();
		for (const [i, top] of after.entries())
			expect(Math.abs(top - (before[i] ?? 0))).toBeLessThan(1.5);
	},
);

test("the reader can scroll up while a message waits to be sent", async () => {
	const relay = await Relay.start(server.port);
	const { alice } = await open(DESKTOP, undefined, `127.0.0.1:${relay.port}`);
	relay.isDown = true;
	relay.cut();
	await alice.sees("No connection");
	await alice.say("unsent");
	await alice.sees("unsent");
	expect(await scrollStep(alice, -300)).toEqual([]);
	expect(await scrollStep(alice, -300)).toEqual([]);
	await alice.page.getByRole("button", { name: "To the newest" }).waitFor();
});

test("the list scrolls to a new own message from any position", async () => {
	const { alice } = await open();
	expect(await scrollUntil(alice, -500, '[data-seq="120"]')).toEqual([]);
	await alice.say("mine");
	await alice.page.locator(`[data-seq="${LAST + 1}"]`).waitFor();
	expect(await distance(alice)).toBeLessThan(2);
	expect(Object.keys(await seen(alice))).toContain(String(LAST + 1));
});

test("a reader stays at the end when the list grows for a moment and then shrinks", async () => {
	const { alice, bob } = await open();
	const text = "word ".repeat(400);
	for (let n = 0; n < 8; n++) bob.send({ type: "chat", content: text });
	await alice.page.setViewportSize({ width: 360, height: 600 });
	await alice.page.locator(`[data-seq="${LAST + 8}"]`).waitFor();
	await expect.poll(() => distance(alice)).toBeLessThan(2);
	await alice.page.evaluate(() => {
		const app = document.querySelector<HTMLElement>(".app");
		const scroller = document.querySelector(".scroller");
		if (!app || !scroller) throw new Error("no list");
		app.style.width = "1200px";
		// The browser lays out the list and finds a higher end.
		if (scroller.scrollHeight === 0) throw new Error("no height");
		for (const more of scroller.querySelectorAll<HTMLElement>(
			'[aria-expanded="false"]',
		))
			more.click();
	});
	await alice.page.getByRole("button", { name: "Show less" }).last().waitFor();
	await expect.poll(() => distance(alice)).toBeLessThan(2);
});

test("keys still scroll after the focused row was removed", async () => {
	const { alice, bob } = await open();
	bob.send({ type: "chat", content: "see https://example.com/" });
	const scroller = alice.page.getByRole("region", { name: "Messages" });
	const link = scroller.getByRole("link");
	await link.focus();
	expect(await scrollUntil(alice, -150, '[data-seq="200"]')).toEqual([]);
	expect(await link.count()).toBe(0);
	await expect
		.poll(() => scroller.evaluate((it) => it === document.activeElement))
		.toBe(true);
});

test("a reader who scrolls up slowly leaves the end although new messages arrive", async () => {
	const { alice, bob } = await open();
	const coming = setInterval(
		() => bob.send({ type: "chat", content: "more" }),
		20,
	);
	onTestFinished(() => clearInterval(coming));
	await alice.page.mouse.move(800, 400);
	const isAway = alice.page.getByRole("button", { name: /\d new$/ });
	await expect
		.poll(
			async () => {
				await alice.page.mouse.wheel(0, -2);
				return isAway.count();
			},
			{ interval: 20 },
		)
		.toBe(1);
});

test("the list follows new messages after a shrinking row has brought the reader to the end", async () => {
	const { alice, bob } = await open();
	bob.send({ type: "chat", content: "word ".repeat(2000) });
	await alice.page.locator(`[data-seq="${LAST + 1}"]`).waitFor();
	await alice.page
		.getByRole("button", { name: /^Show all/ })
		.last()
		.click();
	const less = alice.page.getByRole("button", { name: "Show less" });
	await less.waitFor();
	expect(await scrollStep(alice, -100)).toEqual([]);
	const toEnd = alice.page.getByRole("button", { name: "To the newest" });
	await toEnd.waitFor();
	// In one frame: the resize is reported before the scroll.
	await less.evaluate((it: HTMLElement) =>
		requestAnimationFrame(() => it.click()),
	);
	await toEnd.waitFor({ state: "detached" });
	bob.send({ type: "chat", content: "late" });
	await alice.page.locator(`[data-seq="${LAST + 2}"]`).waitFor();
	expect(await distance(alice)).toBeLessThan(2);
});
