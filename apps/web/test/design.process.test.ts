/**
 * Appearance: the list, the dialogs, names, forced colours, enlarged pages; and the size of the transferred files.
 */
import { randomUUID } from "node:crypto";
import { request } from "node:http";
import { expect, test } from "vitest";
import { connect } from "../../../packages/cli/test/support/server-process.ts";
import { token } from "../../../packages/server/test/support/token.ts";
import { ChatPage, PHONE } from "./support/chat-page.ts";
import { sharedServer } from "./support/shared-server.ts";

const server = sharedServer();

/** Fetches an address. Returns the headers and the number of bytes on the wire. */
function wire(
	path: string,
	encoding: string,
): Promise<{ bytes: number; encoding: string | undefined; vary: unknown }> {
	return new Promise((resolve, reject) => {
		request(
			`http://${server.address}${path}`,
			{ headers: { "Accept-Encoding": encoding } },
			(answer) => {
				let bytes = 0;
				answer.on("data", (part: Buffer) => {
					bytes += part.length;
				});
				answer.on("end", () =>
					resolve({
						bytes,
						encoding: answer.headers["content-encoding"],
						vary: answer.headers.vary,
					}),
				);
			},
		)
			.on("error", reject)
			.end();
	});
}

/** Size that the first view may have on the wire, in bytes. */
const FIRST_VIEW_BYTES = 100_000;

test("a page that opens with a conversation loads at most 100 kB, and its first bytes show something", async () => {
	const [alice, bob] = [randomUUID(), randomUUID()];
	const id = await server.conversation(alice, [bob], "Lunch");
	await server.post(id, bob, "Bob", ["hello"]);
	const page = await ChatPage.open(
		await server.link(alice, "Alice", id),
		{},
		// Five seconds later the page loads the parts that this view does not need. This page never does.
		(context) =>
			context.addInitScript(() => {
				const { setTimeout } = globalThis;
				Object.assign(globalThis, {
					setTimeout: (work: () => void, delay = 0) =>
						delay === 5000 ? 0 : setTimeout(work, delay),
				});
			}),
	);
	await page.isReady();
	await page.shows(["hello"]);
	await page.page.waitForLoadState("networkidle");
	const paths = new Set(
		page.requests
			.map((url) => new URL(url).pathname)
			.filter((path) => path === "/" || path.startsWith("/assets/")),
	);
	expect([...paths].join()).toMatch(/,\/assets\/conversation-/);
	expect([...paths].join()).not.toMatch(/\/assets\/sign-in-/);
	for (const encoding of ["br", "gzip"]) {
		let sum = 0;
		for (const path of paths) {
			const answer = await wire(path, encoding);
			expect([path, answer.encoding, answer.vary]).toEqual([
				path,
				encoding,
				"Accept-Encoding",
			]);
			sum += answer.bytes;
			expect((await wire(path, "identity")).encoding).toBeUndefined();
		}
		expect(sum, encoding).toBeLessThanOrEqual(FIRST_VIEW_BYTES);
	}
	const html = await (await fetch(`http://${server.address}/`)).text();
	expect(html).toContain("SecureConnect is loading…");
});

test("the list shows the partner's name once and highlights unread rows; a person has one colour", async () => {
	const [alice, bob] = [randomUUID(), randomUUID()];
	const id = await server.conversation(alice, [bob]);
	const live = await connect(server, id, "", {
		bearer: await token(bob, { name: "Bob" }),
	});
	live.send({ type: "chat", content: "hello there" });
	await live.settle();
	const page = await ChatPage.open(await server.link(alice, "Alice"));
	const row = page.list.getByRole("link", { name: /Bob/ });
	await row.waitFor();
	expect(await row.locator(".last").innerText()).toMatch(/^hello there/);
	const weight = (): Promise<string> =>
		row.locator(".title").evaluate((it) => getComputedStyle(it).fontWeight);
	expect(await weight()).toBe("700");
	const tint = await row.locator(".avatar").getAttribute("data-tint");
	await row.click();
	await page.isReady();
	await expect.poll(weight).toBe("500");
	for (const place of [".pane > header .avatar", ".message .avatar"])
		expect(
			await page.page.locator(place).first().getAttribute("data-tint"),
		).toBe(tint);
	expect(await page.field.getAttribute("dir")).toBe("auto");
	expect(await row.locator(".said").getAttribute("dir")).toBe("auto");
});

test("a message shows its time if the minute changed", async () => {
	const [alice, bob] = [randomUUID(), randomUUID()];
	const id = await server.conversation(alice, [bob], "Lunch");
	const page = await ChatPage.open(
		await server.link(alice, "Alice", id),
		{},
		(context) => context.clock.install(),
	);
	await page.isReady();
	await page.say("one", "two", "three");
	await page.shows(["one", "two", "three"]);
	await expect
		.poll(() => page.page.locator(".message time:not(.hidden)").count())
		.toBeLessThan(3);
	// A message without a time leaves no room for it.
	await server.post(id, bob, "Bob", ["the same", "the same", "the same"]);
	await page.shows(["one", "two", "three", "the same", "the same", "the same"]);
	const widths = await page.page
		.locator(".message.other .bubble")
		.evaluateAll((all) => all.map((it) => it.clientWidth));
	expect(Math.min(...widths)).toBeLessThan(Math.max(...widths) - 20);
});

/** Lets the server learn a user's name. */
async function named(id: string, user: string, name: string): Promise<void> {
	const bearer = await token(user, { name });
	const live = await connect(server, id, "", { bearer });
	await live.settle();
	await live.close();
}

test("users search people by name; a dialog with 59 people has a search field, and its title stays visible", async () => {
	const [alice, zoe] = [randomUUID(), randomUUID()];
	const others = Array.from({ length: 57 }, () => randomUUID());
	const crowd = await server.conversation(alice, [zoe, ...others], "Crowd");
	await named(crowd, zoe, "Zoë Long");
	const other = await server.conversation(alice, [], "Other");
	const page = await ChatPage.open(await server.link(alice, "Alice", other));
	await page.isReady();
	await page.page.getByRole("button", { name: "New conversation" }).click();
	await page.page.getByRole("checkbox", { name: "Zoë Long" }).waitFor();
	await page.page.keyboard.press("Escape");
	await page.page.getByRole("dialog").waitFor({ state: "detached" });
	await page.list.getByRole("link", { name: /Crowd/ }).click();
	await page.page.getByRole("heading", { name: "Crowd" }).waitFor();
	await page.page.getByRole("button", { name: "People" }).click();
	const dialog = page.page.getByRole("dialog", { name: "People" });
	await dialog.waitFor();
	// The user and people with names come before those without.
	const first = dialog.locator(".people li").nth(0);
	const second = dialog.locator(".people li").nth(1);
	await expect.poll(() => first.innerText()).toContain("(you)");
	await expect.poll(() => second.innerText()).toContain("Zoë Long");
	await dialog.evaluate((it) => it.scrollTo(0, it.scrollHeight));
	const close = dialog.getByRole("button", { name: "Close" });
	const { top, dialogTop } = await close.evaluate((it) => ({
		top: it.getBoundingClientRect().top,
		dialogTop: it.closest(".modal")?.getBoundingClientRect().top ?? 0,
	}));
	expect(top).toBeGreaterThanOrEqual(dialogTop);
	await dialog.getByRole("searchbox").first().fill("zoe");
	await expect.poll(() => dialog.locator(".people li").count()).toBe(1);
	await dialog.getByRole("searchbox").first().fill("long");
	await expect.poll(() => dialog.locator(".people li").count()).toBe(1);
});

/** Returns the number of conversations whose participants a page requested. */
function askedFor({ requests }: ChatPage): number {
	return requests.filter((url) => /\/v1\/conversations\/[^/?]+$/.test(url))
		.length;
}

test("the dialog requests the people of few conversations, of more for a search, and of none once it is closed", async () => {
	const [alice, zoe] = [randomUUID(), randomUUID()];
	const make = async (count: number): Promise<void> => {
		for (let n = 0; n < count; n++)
			await server.conversation(alice, [], `empty ${n}`);
	};
	await make(10);
	const old = await server.conversation(alice, [zoe], "Old");
	await named(old, zoe, "Zoë");
	await make(36);
	const page = await ChatPage.open(await server.link(alice, "Alice"));
	await expect.poll(() => page.list.getByRole("link").count()).toBe(47);
	const before = askedFor(page);
	let held: (() => void)[] | undefined = [];
	await page.context.route(/\/v1\/conversations\/[^/?]+$/, async (route) => {
		if (held) await new Promise<void>((resolve) => held?.push(resolve));
		await route.continue();
	});
	const dialog = page.page.getByRole("dialog");
	const open = (): Promise<void> =>
		page.page.getByRole("button", { name: "New conversation" }).click();
	await open();
	await expect.poll(() => held?.length).toBe(4);
	await dialog.getByRole("searchbox").fill("zo");
	await page.page.keyboard.press("Escape");
	await dialog.waitFor({ state: "detached" });
	for (const release of held) release();
	held = undefined;
	await open();
	await expect.poll(() => askedFor(page) - before).toBe(8);
	expect(await dialog.getByRole("checkbox", { name: "Zoë" }).count()).toBe(0);
	await dialog.getByRole("searchbox").fill("zo");
	await dialog.getByRole("checkbox", { name: "Zoë" }).waitFor();
	await expect.poll(() => askedFor(page) - before).toBe(40);
});

test("the page requests only the people of visible conversations", async () => {
	const [alice, bob] = [randomUUID(), randomUUID()];
	for (let n = 0; n < 45; n++) await server.conversation(alice, [bob]);
	const page = await ChatPage.open(await server.link(alice, "Alice"));
	const rows = page.list.getByRole("link");
	await expect.poll(() => rows.count()).toBe(45);
	await expect.poll(() => askedFor(page)).toBeGreaterThan(5);
	expect(askedFor(page)).toBeLessThan(20);
	const before = askedFor(page);
	await rows.last().scrollIntoViewIfNeeded();
	await expect.poll(() => askedFor(page)).toBeGreaterThan(before + 5);
	expect(askedFor(page)).toBeLessThan(40);
});

test("400 % zoom leaves room for messages; in forced colours bubbles and the open row have borders", async () => {
	const [alice, bob] = [randomUUID(), randomUUID()];
	const id = await server.conversation(alice, [bob], "Lunch");
	await server.post(id, bob, "Bob", ["hello"]);
	const page = await ChatPage.open(await server.link(alice, "Alice", id), {
		width: 320,
		height: 256,
	});
	await page.isReady();
	const height = await page.page
		.locator(".scroller")
		.evaluate((it) => it.clientHeight);
	expect(height).toBeGreaterThan(120);
	await page.page.setViewportSize({ width: 1280, height: 800 });
	await page.page.emulateMedia({ forcedColors: "active" });
	for (const selector of [
		".bubble",
		".conversation-item[aria-current]",
		".send",
	])
		expect(
			await page.page
				.locator(selector)
				.first()
				.evaluate((it) => getComputedStyle(it).borderTopStyle),
		).toBe("solid");
});

test("on a phone the badge stands beside the arrow, and an ellipsis ends a long typing line", async () => {
	const [alice, bob] = [randomUUID(), randomUUID()];
	const id = await server.conversation(alice, [bob], "Lunch");
	const other = await server.conversation(alice, [bob], "Dinner");
	await server.post(other, bob, "Bob", ["waiting"]);
	const page = await ChatPage.open(
		await server.link(alice, "Alice", id),
		PHONE,
	);
	await page.isReady();
	const live = await connect(server, id, "", {
		bearer: await token(bob, {
			name: "Maximiliane Alexandra von Hohenstaufen",
		}),
	});
	live.send({ type: "typing", is_typing: true });
	const typists = page.page.locator(".typists");
	await typists.waitFor();
	const edges = await page.page.evaluate(() => {
		const box = (selector: string) =>
			document.querySelector(selector)?.getBoundingClientRect();
		return {
			arrow: box(".back .icon")?.right ?? 1e9,
			badge: box(".back .unread")?.left ?? 0,
			typing: box(".typing > :last-child")?.right ?? 1e9,
			width: innerWidth,
		};
	});
	expect(edges.badge).toBeGreaterThanOrEqual(edges.arrow);
	expect(edges.typing).toBeLessThanOrEqual(edges.width);
});
