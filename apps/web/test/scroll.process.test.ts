import { afterAll, beforeEach, expect, test } from "vitest";
import {
	closeBrowser,
	needChromium,
} from "../../../packages/cli/test/support/browser.ts";
import {
	chatUrl,
	startDev,
} from "../../../packages/cli/test/support/server-process.ts";
import { TestClient } from "../../../packages/server/test/support/client.ts";
import { temporaryDirectory } from "../../../packages/server/test/support/server.ts";
import { ChatPage, DESKTOP, type Look, PHONE } from "./support/chat-page.ts";

beforeEach(needChromium);
afterAll(closeBrowser);

const LAST = 250;

/** Of very different heights: no two neighbours are alike. */
function content(n: number): string {
	const lines = n === 222 ? 200 : n % 7 === 0 ? 1 + (n % 15) : 1;
	return [
		`message ${n}`,
		...Array.from({ length: lines - 1 }, (_, i) => `line ${i}`),
		"word ".repeat((n * 13) % 60),
	].join("\n");
}

/** Alice's page of a conversation in which Bob has said much; and Bob. */
async function open(
	look: Look = DESKTOP,
): Promise<{ alice: ChatPage; bob: TestClient }> {
	const dev = await startDev(temporaryDirectory());
	const bob = await TestClient.open(
		chatUrl(dev, dev.conversationId, { access_token: dev.users[1].token }),
	);
	for (let n = 1; n <= LAST; n++)
		bob.send({ type: "chat", content: content(n) });
	await bob.waitFor(({ seq }) => seq === LAST);
	const alice = await ChatPage.open(`http://localhost:${dev.port}/`, look);
	await alice.page.locator(`[data-seq="${LAST}"]`).waitFor();
	return { alice, bob };
}

/** What is seen: by `seq`, how far below the list's upper edge. */
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

/** Scrolls by a step at a time until something is in the page. @returns rows that were elsewhere than a step away, and bare steps */
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
	["desktop", DESKTOP],
	["phone", PHONE],
] as const)(
	"history comes in page by page as one scrolls up, and nothing jumps, nor on the way back: %s",
	async ([, look]) => {
		const { alice } = await open(look);
		// Not all of them are in the page.
		expect(await alice.page.locator("[data-seq]").count()).toBeLessThan(100);
		expect(await scrollUntil(alice, -150, '[data-seq="1"] .beginning')).toEqual(
			[],
		);
		expect(await alice.page.locator("[data-seq]").count()).toBeLessThan(100);
		expect(await scrollUntil(alice, 400, `[data-seq="${LAST}"]`)).toEqual([]);
	},
);

test("whoever has scrolled up stays where they are while others write, and goes back at a click", async () => {
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

test("at the end one stays at the end, whatever comes and however much grows or shrinks", async () => {
	const { alice, bob } = await open();
	const distance = (): Promise<number> =>
		alice.page.evaluate(() => {
			const it = document.querySelector(".scroller");
			return it ? it.scrollHeight - it.scrollTop - it.clientHeight : -1;
		});
	for (let n = 1; n <= 50; n++)
		bob.send({ type: "chat", content: content(n * 7) });
	const isShown = alice.page.locator(`[data-seq="${LAST + 50}"]`);
	await isShown.waitFor();
	await expect.poll(distance).toBeLessThan(2);
	// The field grows with what is written, and the list is lower.
	await alice.field.fill("one\ntwo\nthree\nfour\nfive");
	await expect.poll(distance).toBeLessThan(2);
	await alice.page.setViewportSize({ width: 500, height: 500 });
	await expect.poll(distance).toBeLessThan(2);
	await isShown.waitFor();
	await alice.page.setViewportSize({ width: 1280, height: 800 });
	await expect.poll(distance).toBeLessThan(2);
});

test("who turns up from the end by little is not thrown back by what comes", async () => {
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

test("the keys go to the beginning and to the end, over what was never drawn", async () => {
	const { alice } = await open();
	expect(await scrollUntil(alice, -150, '[data-seq="1"] .beginning')).toEqual(
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
	// Far into what is not drawn: there is something, and it is what belongs there.
	await scroller.evaluate((it) => {
		it.scrollTop = it.scrollHeight / 2;
	});
	await expect
		.poll(async () => Object.keys(await seen(alice)).length)
		.toBeGreaterThan(0);
	const middle = Object.keys(await seen(alice)).map(Number);
	for (const seq of middle) {
		expect(seq).toBeGreaterThan(LAST / 5);
		expect(seq).toBeLessThan((LAST * 4) / 5);
	}
});

test("a row that grows above what is read moves nothing that is read", async () => {
	const { alice } = await open();
	expect(await scrollUntil(alice, -100, '[data-seq="222"]')).toEqual([]);
	// Its end is seen, its beginning is above.
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
