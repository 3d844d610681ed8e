import { randomUUID } from "node:crypto";
import type { BrowserContext } from "playwright-core";
import { expect, test } from "vitest";
import {
	chatUrl,
	type DevProcess,
	history,
	rest,
	startDev,
} from "../../../packages/cli/test/support/server-process.ts";
import { Relay } from "../../../packages/client/test/support/relay.ts";
import { TestClient } from "../../../packages/server/test/support/client.ts";
import { temporaryDirectory } from "../../../packages/server/test/support/server.ts";
import { token } from "../../../packages/server/test/support/token.ts";
import { ChatPage, DESKTOP, PHONE } from "./support/chat-page.ts";
import { sharedServer } from "./support/shared-server.ts";

const server = sharedServer();

const at = (dev: { port: number }, query = ""): string =>
	`http://localhost:${dev.port}/${query}`;

/** Conversation of two on the shared server, and the address at which each participant opens it. */
interface Pair {
	readonly id: string;
	readonly alice: string;
	readonly bob: string;
	/** Token of Bob. */
	readonly bearer: string;
}

async function pair(): Promise<Pair> {
	const [alice, bob] = [randomUUID(), randomUUID()];
	const id = await server.conversation(alice, [bob], "First conversation");
	return {
		id,
		alice: await server.link(alice, "Alice", id),
		bob: await server.link(bob, "Bob", id),
		bearer: await token(bob, { name: "Bob" }),
	};
}

async function both(
	links: Pick<Pair, "alice" | "bob">,
): Promise<[ChatPage, ChatPage]> {
	const [alice, bob] = await Promise.all([
		ChatPage.open(links.alice),
		ChatPage.open(links.bob),
	]);
	await Promise.all([alice.isReady(), bob.isReady()]);
	return [alice, bob];
}

/** The same on a `dev` server. */
const two = (dev: DevProcess): Promise<[ChatPage, ChatPage]> =>
	both({ alice: at(dev), bob: at(dev, "?as=bob") });

/** Kills the server with SIGKILL and starts it with the same data at the same address. */
async function restart(data: string, dev: DevProcess): Promise<DevProcess> {
	return startDev(data, ["--port", String(dev.port)]);
}

test("two users see each other's messages, typing, presence and read receipts", async () => {
	const [alice, bob] = await both(await pair());
	await alice.sees("Bob online");
	await bob.sees("Alice online");

	await alice.say("Hello Bob", "How are you?");
	await bob.shows(["Hello Bob", "How are you?"]);
	await alice.sees("Read by Bob");
	await expect
		.poll(() => alice.page.locator('[data-status="read"]').count())
		.toBe(2);

	await bob.field.pressSequentially("Fine");
	await alice.sees("is typing");
	await bob.field.press("Enter");
	await alice.shows(["Hello Bob", "How are you?", "Fine"]);
	await alice.seesNo("is typing");
	// The list shows the last message, its sender and the title.
	await alice.list.getByText("Bob: Fine").waitFor();
	await alice.list.getByText("First conversation").waitFor();

	await bob.page.close();
	await alice.sees("nobody else online");
});

test("a message that reached a device with an id is shown as delivered", async () => {
	const links = await pair();
	const bob = await TestClient.open(
		chatUrl(server, links.id, { device_id: randomUUID() }),
		{ headers: { Authorization: `Bearer ${links.bearer}` } },
	);
	const alice = await ChatPage.open(links.alice);
	await alice.isReady();
	await alice.say("Did you get this?");
	await bob.next("chat");
	await alice.sees("Delivered to Bob");
	await alice.page.locator('[data-status="delivered"]').waitFor();
});

/** Opens a page that stays in the background. */
async function unfocused(context: BrowserContext): Promise<void> {
	await context.addInitScript(() => {
		document.hasFocus = () => false;
	});
}

/** Disables the request for receipts every 15 s, so that only an event can cause one. */
async function withoutPolls(context: BrowserContext): Promise<void> {
	await context.addInitScript(() => {
		const every = window.setInterval.bind(window);
		window.setInterval = ((work: () => void, ms: number) =>
			ms === 15_000 ? 0 : every(work, ms)) as typeof window.setInterval;
	});
}

test("a message on a page in the background is delivered, not read; a missed one is delivered once that page is back", async () => {
	const links = await pair();
	const alice = await ChatPage.open(links.alice, DESKTOP, withoutPolls);
	await alice.isReady();
	const bob = await ChatPage.open(links.bob, DESKTOP, unfocused);
	await bob.isReady();
	await alice.sees("Bob online");
	const statuses = (): Promise<(string | null)[]> =>
		alice.page
			.locator(".message")
			.evaluateAll((all) => all.map((it) => it.getAttribute("data-status")));
	await alice.say("Are you there?");
	await alice.sees("Delivered to Bob");
	expect(await statuses()).toEqual(["delivered"]);

	await bob.page.close();
	await alice.sees("nobody else online");
	const asked = alice.page.waitForResponse(/\/receipts$/);
	await alice.say("Where did you go?");
	await asked;
	await expect.poll(statuses).toEqual(["delivered", "stored"]);

	// The same browser reconnects. No message reports its delivery.
	await (await bob.context.newPage()).goto(links.bob);
	await expect
		.poll(statuses, { timeout: 30_000 })
		.toEqual(["delivered", "delivered"]);
	await alice.seesNo("Read by Bob");
	const { body } = await rest(
		server,
		"GET",
		`/v1/conversations/${links.id}/receipts`,
		links.bearer,
	);
	// The reload keeps the device id. Otherwise the server would list two devices.
	expect(JSON.stringify(body)).toContain("delivered");
	expect(JSON.stringify(body)).not.toContain("devices");
});

test("a browser without storage is one device while its page is open", async () => {
	const links = await pair();
	const alice = await ChatPage.open(links.alice);
	await alice.isReady();
	const bob = await ChatPage.open(links.bob, DESKTOP, async (context) => {
		await unfocused(context);
		await context.addInitScript(() => {
			Object.defineProperty(window, "localStorage", {
				get() {
					throw new DOMException("not here", "SecurityError");
				},
			});
		});
	});
	await bob.isReady();
	await alice.say("Do you forget all this?");
	await alice.sees("Delivered to Bob");
});

test("in dev a click opens the page as a second user", async () => {
	const dev = await startDev(temporaryDirectory());
	const alice = await ChatPage.open(at(dev));
	await alice.isReady();
	const [beside] = await Promise.all([
		alice.context.waitForEvent("page"),
		alice.page.getByRole("link", { name: "Open as Bob" }).click(),
	]);
	const field = beside.getByRole("textbox", { name: /^Message to/ });
	await field.fill("I am beside you");
	await field.press("Enter");
	await alice.shows(["I am beside you"]);
	await alice.sees("Bob online");
});

test("messages typed while the server is killed wait, are shown as waiting, and arrive once and in order on both sides", async () => {
	const data = temporaryDirectory();
	const dev = await startDev(data);
	const [alice, bob] = await two(dev);
	await alice.say("before");
	await bob.shows(["before"]);

	await dev.program.killHard();
	await alice.sees("No connection to the server");
	await alice.say("one", "two", "three");
	await bob.say("four", "five");
	await alice.shows(["before", "one", "two", "three"]);
	await expect
		.poll(() => alice.page.locator('[data-status="queued"]').count())
		.toBe(3);
	await alice.sees("3 messages wait to be sent.");

	const again = await restart(data, dev);
	for (const page of [alice, bob]) {
		await page.banner.waitFor({ state: "detached", timeout: 40_000 });
	}
	await alice.page
		.locator('[data-status="queued"], [data-status="sent"]')
		.first()
		.waitFor({ state: "detached" });
	await expect.poll(async () => (await alice.messages()).length).toBe(6);
	const stored = await history(
		again,
		again.conversationId,
		again.users[0].token,
	);
	const contents = stored.map(({ content }) => String(content));
	expect([...contents].sort()).toEqual(
		["before", "one", "two", "three", "four", "five"].sort(),
	);
	const of = (names: string[]): string[] =>
		contents.filter((it) => names.includes(it));
	expect(of(["one", "two", "three"])).toEqual(["one", "two", "three"]);
	expect(of(["four", "five"])).toEqual(["four", "five"]);
	await alice.shows(contents);
	await bob.shows(contents);
});

test("messages typed without a server survive a reload of the page", async () => {
	const data = temporaryDirectory();
	const dev = await startDev(data);
	const [alice, bob] = await two(dev);
	await alice.say("before");
	await bob.shows(["before"]);
	await dev.program.killHard();
	await alice.sees("No connection");
	await alice.say("kept");
	await restart(data, dev);
	await alice.page.reload();
	// The test does not depend on when Bob's page tries again.
	await bob.page.evaluate(() => dispatchEvent(new Event("online")));
	await bob.shows(["before", "kept"]);
	await alice.shows(["before", "kept"]);
});

test("during a drain the page shows no user as leaving", async () => {
	const data = temporaryDirectory();
	const dev = await startDev(data);
	const [alice, bob] = await two(dev);
	await alice.sees("Bob online");
	await bob.sees("Alice online");
	const watch = (page: ChatPage): Promise<void> =>
		page.page.evaluate(() => {
			const seen: string[] = [];
			Object.assign(globalThis, { seen });
			new MutationObserver(() =>
				seen.push(document.querySelector(".pane small")?.textContent ?? ""),
			).observe(document.body, {
				subtree: true,
				childList: true,
				characterData: true,
			});
		});
	await Promise.all([watch(alice), watch(bob)]);
	dev.program.kill("SIGTERM");
	await dev.program.ending();
	await restart(data, dev);
	await alice.say("and on");
	await bob.shows(["and on"]);
	await alice.sees("Read by Bob");
	for (const page of [alice, bob]) {
		const seen = (await page.page.evaluate(() =>
			Reflect.get(globalThis, "seen"),
		)) as string[];
		expect(seen.length).toBeGreaterThan(0);
		expect(seen.filter((text) => text.includes("nobody else"))).toEqual([]);
	}
});

test("a user creates a conversation, adds and removes people, who see it, and leaves", async () => {
	const dev = await startDev(temporaryDirectory());
	const [alice, bob] = await two(dev);
	await alice.page.getByRole("button", { name: "New conversation" }).click();
	const dialog = alice.page.getByRole("dialog", { name: "New conversation" });
	await dialog.getByRole("textbox", { name: /^Title/ }).fill("Lunch");
	await dialog.getByRole("checkbox", { name: "Bob" }).check();
	await dialog.getByRole("button", { name: "Create" }).click();
	await alice.page.getByRole("heading", { name: "Lunch" }).waitFor();
	await alice.say("Noon?");

	// The list refreshes on focus or within 15 s and shows the unread count.
	await alice.page.locator('[data-status="stored"]').waitFor();
	const item = bob.list.getByRole("link", { name: /Lunch/ });
	await expect
		.poll(
			async () => {
				await bob.page.evaluate(() => dispatchEvent(new Event("focus")));
				return item.getByText("1 unread").isVisible();
			},
			{ timeout: 30_000 },
		)
		.toBe(true);
	await item.click();
	await bob.shows(["Noon?"]);
	await bob.say("Yes");
	await alice.shows(["Noon?", "Yes"]);

	await alice.page.getByRole("button", { name: "People" }).click();
	const people = alice.page.getByRole("dialog", { name: "People" });
	await people.getByRole("checkbox", { name: "Carol" }).check();
	await people.getByRole("button", { name: "Add to the conversation" }).click();
	await people.getByRole("button", { name: "Remove Carol" }).waitFor();
	await people.getByRole("button", { name: "Remove Bob" }).click();
	await alice.page
		.getByRole("alertdialog")
		.getByRole("button", { name: "Remove" })
		.click();
	await bob.sees("You were removed from this conversation.");
	expect(await bob.field.isDisabled()).toBe(true);
	await people
		.getByRole("button", { name: "Remove Bob" })
		.waitFor({ state: "detached" });
	await alice.page.keyboard.press("Escape");
	await alice.sees("You removed Bob");
	// The removed user's list no longer shows this conversation, but still shows the other one.
	await item.waitFor({ state: "detached" });
	await bob.list.getByRole("link", { name: /First conversation/ }).click();
	await bob.sees("nobody else online");

	await alice.page.getByRole("button", { name: "People" }).click();
	await people.getByRole("button", { name: "Leave the conversation" }).click();
	await alice.page
		.getByRole("alertdialog")
		.getByRole("button", { name: "Leave" })
		.click();
	await alice.sees("Select a conversation or start one.");
	await alice.list
		.getByRole("link", { name: /Lunch/ })
		.waitFor({ state: "detached" });
});

test("the page loads nothing from other hosts; browsers cache its files for good, but not the page itself", async () => {
	const alice = await ChatPage.open((await pair()).alice);
	await alice.isReady();
	await alice.page.getByRole("button", { name: "New conversation" }).click();
	await alice.page.getByRole("dialog").waitFor();
	const origin = server.address;
	expect(
		alice.requests.filter(
			(url) =>
				!url.startsWith("data:") &&
				!url.startsWith(`http://${origin}/`) &&
				!url.startsWith(`ws://${origin}/`),
		),
	).toEqual([]);
	expect(await alice.page.locator("style").count()).toBe(0);
	const page = await fetch(`http://${origin}/`);
	expect(page.headers.get("cache-control")).toBe("no-cache");
	expect(page.headers.get("x-content-type-options")).toBe("nosniff");
	const policy = page.headers.get("content-security-policy") ?? "";
	for (const directive of [
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self'",
		"connect-src 'self'",
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
	])
		expect(policy).toContain(directive);
	const [, script = ""] =
		/src="\.(\/assets\/[^"]+)"/.exec(await page.text()) ?? [];
	const asset = await fetch(`http://${origin}${script}`);
	expect(asset.headers.get("cache-control")).toContain("immutable");
	expect(asset.headers.get("content-type")).toContain("text/javascript");
});

test("dialogs and the sign-in form open after the server has stopped", async () => {
	const relay = await Relay.start(server.port);
	const user = randomUUID();
	const id = await server.conversation(user, [], "Notes");
	const fetched = new Set<string>();
	const alice = await ChatPage.open(
		await server.link(user, "Alice", id, `127.0.0.1:${relay.port}`),
		DESKTOP,
		(context) => {
			context.on("requestfinished", (request) => fetched.add(request.url()));
			return context.clock.install();
		},
	);
	await alice.isReady();
	await alice.page.clock.fastForward(5000);
	// The page fetches them after five seconds; on a busy machine the network may be idle before that begins.
	for (const name of ["sign-in", "new-conversation", "participants"])
		await expect
			.poll(() => [...fetched].some((url) => url.includes(`/${name}-`)))
			.toBe(true);
	await alice.page.waitForLoadState("networkidle");
	relay.isDown = true;
	relay.cut();
	const { page } = alice;
	for (const name of ["New conversation", "People"]) {
		await page.getByRole("button", { name }).click();
		await page.getByRole("dialog", { name }).waitFor();
		await page.keyboard.press("Escape");
		await page.getByRole("dialog").waitFor({ state: "detached" });
	}
	await page.getByRole("button", { name: "Sign out" }).click();
	await page.getByRole("textbox", { name: "Access token" }).waitFor();
});

test("a phone shows either the list or a conversation, and moves between them", async () => {
	const bob = await ChatPage.open((await pair()).bob, PHONE);
	await bob.isReady();
	expect(await bob.list.isVisible()).toBe(false);
	await bob.page.getByRole("link", { name: "All conversations" }).click();
	await bob.list.waitFor();
	expect(await bob.field.isVisible()).toBe(false);
	await bob.list.getByRole("link", { name: /First conversation/ }).click();
	await bob.field.fill("from a phone");
	await bob.page.getByRole("button", { name: "Send" }).click();
	await bob.shows(["from a phone"]);
	await bob.page.goBack();
	await bob.list.waitFor();
});

test("on a phone a long message shows its time and the button that unfolds it", async () => {
	const alice = await ChatPage.open((await pair()).alice, PHONE);
	await alice.isReady();
	for (const length of [900, 4500]) {
		await alice.say("very short words ".repeat(length / 17));
		const bubble = alice.page.locator(".bubble").last();
		await bubble.locator("time").waitFor();
		expect(
			await bubble.evaluate((it) => it.scrollHeight - it.clientHeight),
		).toBeLessThan(2);
	}
	await alice.page.getByRole("button", { name: /^Show all 4/ }).waitFor();
});

test("on a phone the link back shows the unread count of other conversations", async () => {
	const links = await pair();
	const alice = await ChatPage.open(links.alice);
	await alice.isReady();
	const bob = await ChatPage.open(links.bob, PHONE);
	await bob.isReady();
	await alice.page.getByRole("button", { name: "New conversation" }).click();
	const dialog = alice.page.getByRole("dialog", { name: "New conversation" });
	await dialog.getByRole("checkbox", { name: "Bob" }).check();
	await dialog.getByRole("button", { name: "Create" }).click();
	await dialog.waitFor({ state: "detached" });
	await alice.isReady();
	await alice.say("over here");
	await bob.page.evaluate(() => dispatchEvent(new Event("focus")));
	await bob.page
		.getByRole("link", { name: "All conversations 1 unread" })
		// If the list loaded just before the message was stored, it loads again 15 s later.
		.waitFor({ timeout: 30_000 });
	await expect
		.poll(() => bob.page.title())
		.toBe("(1) First conversation – Bob – SecureConnect");
});
