import type { Page } from "playwright-core";
import { afterAll, beforeEach, expect, test } from "vitest";
import {
	closeBrowser,
	FOREIGN_HOST,
	needChromium,
} from "../../cli/test/support/browser.ts";
import { contents, Scene } from "./support/scene.ts";
import { crash, isReady, numbered, shows } from "./support/site.ts";

beforeEach(needChromium);
afterAll(closeBrowser);

interface Tabs {
	readonly scene: Scene;
	/** The tab that sends the messages that both tabs store. */
	readonly leader: Page;
	readonly other: Page;
}

async function twoTabs(): Promise<Tabs> {
	const scene = await Scene.set();
	const leader = await scene.site.open(scene.context, scene.alice);
	await isReady(leader);
	await shows(leader, locks, [1, 0]);
	const other = await scene.site.open(scene.context, scene.alice);
	await isReady(other);
	await shows(other, locks, [1, 1]);
	return { scene, leader, other };
}

/** Runs in the page. Returns how many tabs hold the outbox's lock and how many wait for it. */
async function locks(): Promise<(number | undefined)[]> {
	const { held, pending } = await navigator.locks.query();
	return [held?.length, pending?.length];
}

const a = numbered("a", 1, 30);
const b = numbered("b", 1, 30);

function expectEachOnceInOrder(all: readonly unknown[]): void {
	const of = (prefix: string): unknown[] =>
		all.filter((content) => String(content).startsWith(prefix));
	expect(of("a")).toEqual(a);
	expect(of("b")).toEqual(b);
	expect(all).toHaveLength(a.length + b.length);
}

test("two tabs that write at once share an outbox: each message once, in its tab's order, and both learn of it", async () => {
	const { scene, leader, other } = await twoTabs();
	const bob = await scene.bob();
	await Promise.all([
		leader.evaluate((it) => app.write(it), a),
		other.evaluate((it) => app.write(it), b),
	]);

	await shows(leader, () => app.received().length, 60);
	await shows(other, () => app.received().length, 60);
	for (const tab of [leader, other]) {
		await shows(tab, () => app.with("queued"), []);
		await shows(tab, () => app.with("sent"), []);
	}
	await shows(leader, () => app.kept(), 0);
	const acknowledged = (tab: Page): Promise<string[]> =>
		tab.evaluate(() => app.with("acknowledged"));
	expect(await acknowledged(leader)).toEqual(expect.arrayContaining(a));
	expect(await acknowledged(other)).toEqual(expect.arrayContaining(b));
	const stored = await scene.stored();
	expectEachOnceInOrder(stored);
	for (const tab of [leader, other])
		expect(await tab.evaluate(() => app.received())).toEqual(
			stored.map((content, i) => [i + 1, content]),
		);
	await bob.settle();
	expect(contents(bob)).toEqual(stored);
});

const ENDINGS = {
	"is closed": (tab: Page) => tab.close(),
	crashes: crash,
};

test.each(Object.entries(ENDINGS))(
	"when the tab that sends %s with a message in flight, the other tab sends the rest",
	async (_, end) => {
		const { scene, leader, other } = await twoTabs();
		const bob = await scene.bob();
		// The server stores the message, and its answer reaches neither tab.
		scene.relay.holdAt('"a10"');
		await leader.evaluate((it) => app.write(it), a);
		await other.evaluate((it) => app.write(it), b);
		await bob.waitFor(({ content }) => content === "a10");
		await shows(leader, () => app.with("sent"), ["a10"]);
		expect(await other.evaluate(() => app.with("sent"))).toEqual([]);
		await end(leader);
		scene.relay.release();

		await shows(other, () => app.kept(), 0);
		await shows(other, () => app.received().length, 60);
		await shows(other, () => app.with("queued"), []);
		await shows(other, () => app.with("sent"), []);
		expect(await other.evaluate(() => app.with("acknowledged"))).toEqual(
			expect.arrayContaining(b),
		);
		const stored = await scene.stored();
		expectEachOnceInOrder(stored);
		await bob.settle();
		expect(contents(bob)).toEqual(stored);
		expect(await other.evaluate(() => app.wrong())).toEqual([]);
	},
);

test("two tabs of an insecure page, which has no locks, both send, and the server stores each message once", async () => {
	const scene = await Scene.set({}, FOREIGN_HOST);
	const bob = await scene.bob();
	const tabs = [
		await scene.site.open(scene.context, scene.alice),
		await scene.site.open(scene.context, scene.alice),
	];
	for (const tab of tabs) await isReady(tab);
	const [first, second] = tabs as [Page, Page];
	expect(await first.evaluate(() => "locks" in navigator)).toBe(false);
	await Promise.all([
		first.evaluate((it) => app.write(it), a),
		second.evaluate((it) => app.write(it), b),
	]);

	for (const tab of tabs) {
		await shows(tab, () => app.received().length, 60);
		await shows(tab, () => app.with("queued"), []);
		await shows(tab, () => app.with("sent"), []);
		expect(await tab.evaluate(() => app.wrong())).toEqual([]);
	}
	await shows(first, () => app.kept(), 0);
	const stored = await scene.stored();
	expectEachOnceInOrder(stored);
	await bob.settle();
	expect(contents(bob)).toEqual(stored);
});
