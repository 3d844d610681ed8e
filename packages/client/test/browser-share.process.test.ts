import type { Page } from "playwright-core";
import { afterAll, beforeEach, expect, test } from "vitest";
import { closeBrowser, needChromium } from "../../cli/test/support/browser.ts";
import type { TestClient } from "../../server/test/support/client.ts";
import { record } from "./support/record.ts";
import { contents, Scene } from "./support/scene.ts";
import { crash, numbered, shows } from "./support/site.ts";

beforeEach(needChromium);
afterAll(closeBrowser);

/** The time within which another tab takes over, on a loaded machine. */
const TAKEOVER_MS = 10_000;

interface Tabs {
	readonly scene: Scene;
	readonly bob: TestClient;
	/** The tab that opened first, which has the socket. */
	readonly holder: Page;
	readonly others: readonly Page[];
}

async function open(count: number): Promise<Tabs> {
	const scene = await Scene.set();
	const bob = await scene.bob();
	const pages: Page[] = [];
	for (let i = 0; i < count; i++) {
		const page = await scene.site.open(scene.context, {
			...scene.alice,
			share: "yes",
		});
		await shows(page, () => app.ready() >= 1, true);
		pages.push(page);
	}
	const [holder, ...others] = pages as [Page, ...Page[]];
	return { scene, bob, holder, others };
}

/** Number of sockets that the browser has opened. */
function sockets({ relay }: Scene): number {
	return relay.seen.split("GET /v1/ws/").length - 1;
}

/** Waits until a tab has received every stored message, each once and in order. */
async function hasAll(tab: Page, stored: readonly string[]): Promise<void> {
	await shows(
		tab,
		() => app.received(),
		stored.map((content, i) => [i + 1, content]),
	);
	expect(await tab.evaluate(() => app.wrong())).toEqual([]);
}

test.each([2, 10])(
	"%i tabs share one socket, and each receives each message of each tab once, in order",
	async (count) => {
		const { scene, bob, holder, others } = await open(count);
		const tabs = [holder, ...others];
		expect(sockets(scene)).toBe(1);
		const written = tabs.map((_, i) => numbered(`t${i}-`, 1, 5));
		await Promise.all(
			tabs.map((tab, i) =>
				tab.evaluate((it) => app.write(it), written[i] ?? []),
			),
		);
		const total = count * 5;
		for (const tab of tabs)
			await shows(tab, () => app.received().length, total);
		const stored = await scene.stored();
		expect(stored).toHaveLength(total);
		for (const [i, tab] of tabs.entries()) {
			await hasAll(tab, stored);
			await shows(tab, () => app.with("sent").length, 0);
			await shows(tab, () => app.with("queued").length, 0);
			expect(stored.filter((it) => it.startsWith(`t${i}-`))).toEqual(
				written[i],
			);
		}
		await bob.settle();
		expect(contents(bob)).toEqual(stored);
		expect(sockets(scene)).toBe(1);
	},
);

const ENDINGS = {
	"is closed": (tab: Page) => tab.close(),
	crashes: crash,
};

test.each(
	Object.entries(ENDINGS).flatMap(([how, end]) =>
		[2, 10].map((count) => ({ how, count, end })),
	),
)(
	"when the holder of $count tabs $how with a message in flight, another takes over, and nothing is lost or repeated",
	async ({ count, how, end }) => {
		const { scene, bob, holder, others } = await open(count);
		const a = numbered("a", 1, 20);
		const b = numbered("b", 1, 20);
		// The server stores the message, and its answer reaches no tab.
		scene.relay.holdAt('"a5"');
		await holder.evaluate((it) => app.write(it), a);
		await others[0]?.evaluate((it) => app.write(it), b);
		await bob.waitFor(({ content }) => content === "a5");
		await shows(holder, () => app.with("sent"), ["a5"]);
		const from = performance.now();
		await end(holder);
		scene.relay.release();
		const readies: number[] = [];
		for (const tab of others) {
			await shows(tab, () => app.ready() >= 2, true);
			readies.push(performance.now() - from);
		}
		const took = Math.max(...readies);

		for (const tab of others) {
			await shows(tab, () => app.received().length, 40);
			await shows(tab, () => app.with("queued"), []);
			await shows(tab, () => app.with("sent"), []);
		}
		await shows(others[0] as Page, () => app.kept(), 0);
		const stored = await scene.stored();
		expect(stored.filter((it) => it.startsWith("a"))).toEqual(a);
		expect(stored.filter((it) => it.startsWith("b"))).toEqual(b);
		for (const tab of others) await hasAll(tab, stored);
		await bob.settle();
		expect(contents(bob)).toEqual(stored);
		expect(sockets(scene)).toBe(2);
		expect(took).toBeLessThan(TAKEOVER_MS);
		record(`Takeover of a shared socket: ${count} tabs, the holder ${how}`, [
			`All other tabs were connected again after ${Math.round(took)} ms.`,
		]);
	},
);

test("when the holder freezes, another tab takes over; once it continues, it has every message, each once", async () => {
	const { scene, bob, holder, others } = await open(3);
	const before = numbered("before", 1, 3);
	await holder.evaluate((it) => app.write(it), before);
	for (const tab of [holder, ...others]) await hasAll(tab, before);
	// A dialog blocks the page's thread. Its socket stays open, and nothing reads it.
	const blocking = holder.waitForEvent("dialog");
	await holder.evaluate(() => void setTimeout(() => alert("blocked")));
	const dialog = await blocking;
	const from = performance.now();
	const during = numbered("during", 1, 3);
	await others[0]?.evaluate((it) => app.write(it), during);
	for (const tab of others) await hasAll(tab, [...before, ...during]);
	const took = performance.now() - from;
	await dialog.accept();

	const after = numbered("after", 1, 3);
	await holder.evaluate((it) => app.write(it), after);
	const stored = [...before, ...during, ...after];
	for (const tab of [holder, ...others]) {
		await hasAll(tab, stored);
		await shows(tab, () => app.with("sent").length, 0);
	}
	expect(await scene.stored()).toEqual(stored);
	await bob.settle();
	expect(contents(bob)).toEqual(stored);
	record("Takeover of a shared socket: 3 tabs, the holder freezes", [
		`The other tabs had the next messages after ${Math.round(took)} ms.`,
	]);
});
