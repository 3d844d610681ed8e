import { randomUUID } from "node:crypto";
import { afterAll, beforeEach, expect, test } from "vitest";
import {
	closeBrowser,
	needChromium,
} from "../../../packages/cli/test/support/browser.ts";
import {
	connect,
	rest,
	startDev,
	startServe,
} from "../../../packages/cli/test/support/server-process.ts";
import { temporaryDirectory } from "../../../packages/server/test/support/server.ts";
import { SECRET, token } from "../../../packages/server/test/support/token.ts";
import { ChatPage } from "./support/chat-page.ts";

beforeEach(needChromium);
afterAll(closeBrowser);

const ALICE = randomUUID();
const BOB = randomUUID();

const inSeconds = (seconds: number): number =>
	Math.floor(Date.now() / 1000) + seconds;

async function lunch(server: { address: string }): Promise<string> {
	const { body } = await rest(
		server,
		"POST",
		"/v1/conversations",
		await token(ALICE, { name: "Alice" }),
		{ title: "Lunch", participant_ids: [BOB] },
	);
	return (body as { conversation_id: string }).conversation_id;
}

test("serve --page takes a token from the fragment, removes it from the address, and keeps it in this tab only", async () => {
	const server = await startServe(temporaryDirectory(), ["--page"]);
	const conversation = await lunch(server);
	const good = await token(ALICE, { name: "Alice" });
	const alice = await ChatPage.open(
		`http://${server.address}/#token=${good}&conversation=${conversation}`,
	);
	await alice.isReady();
	expect(alice.page.url()).toBe(`http://${server.address}/#/${conversation}`);
	const state = await alice.page.evaluate(() => ({
		kept: sessionStorage.getItem("secureconnect-token"),
		local: { ...localStorage },
		cookies: document.cookie,
	}));
	expect(state).toEqual({
		kept: good,
		// The device id of this browser, and no secret.
		local: {
			[`secureconnect-device ${ALICE}`]:
				expect.stringMatching(/^[\da-f-]{36}$/),
		},
		cookies: "",
	});
	expect(alice.requests.filter((url) => url.includes(good))).toEqual([]);

	await alice.say("signed in");
	await alice.shows(["signed in"]);
	await alice.page.reload();
	await alice.shows(["signed in"]);
	await alice.page.getByRole("button", { name: "Sign out" }).click();
	await alice.page.getByRole("textbox", { name: "Access token" }).waitFor();
	await alice.page.reload();
	await alice.page.getByRole("textbox", { name: "Access token" }).waitFor();
});

test("serve --page asks for a token, refuses other text, and asks again when the token has expired", async () => {
	const server = await startServe(temporaryDirectory(), ["--page"]);
	const conversation = await lunch(server);
	const alice = await ChatPage.open(
		`http://${server.address}/#/${conversation}`,
	);
	// Browsers log a refused request to the console.
	const field = alice.page.getByRole("textbox", { name: "Access token" });
	await field.fill("not a token");
	await alice.page.getByRole("button", { name: "Sign in" }).click();
	await alice.sees(/This is not a user’s token/);
	await field.fill(await token(ALICE, { name: "Alice", exp: inSeconds(-60) }));
	await alice.page.getByRole("button", { name: "Sign in" }).click();
	await alice.sees(/no longer valid/);
	await field.fill(await token(ALICE, { name: "Alice" }));
	await alice.page.getByRole("button", { name: "Sign in" }).click();
	await alice.isReady();
	await alice.say("here I am");
	await alice.shows(["here I am"]);
	alice.wrong.splice(0);
});

test("serve without --page has no page; with --page it issues no tokens", async () => {
	const plain = await startServe(temporaryDirectory());
	expect((await fetch(`http://${plain.address}/`)).status).toBe(404);
	const paged = await startServe(temporaryDirectory(), ["--page"]);
	const page = await fetch(`http://${paged.address}/`);
	expect(await page.text()).toContain('name="secureconnect" content="serve"');
	for (const { address } of [plain, paged]) {
		const { status } = await fetch(`http://${address}/dev/sign-in`, {
			method: "POST",
			headers: { Origin: `http://${address}` },
		});
		expect(status).toBe(404);
	}
});

test("dev signs in pages of this machine only", async () => {
	const dev = await startDev(temporaryDirectory());
	const ask = async (headers: Record<string, string>): Promise<number> =>
		(
			await fetch(`http://${dev.address}/dev/sign-in`, {
				method: "POST",
				headers: { "Content-Type": "application/json", ...headers },
				body: "{}",
			})
		).status;
	expect(await ask({ Origin: `http://localhost:${dev.port}` })).toBe(200);
	expect(await ask({ Origin: `http://evil.example:${dev.port}` })).toBe(403);
	expect(await ask({ Origin: "null" })).toBe(403);
	expect(await ask({})).toBe(403);
	const behind = await startDev(temporaryDirectory(), [], {
		env: { SECURECONNECT_BEHIND_PROXY: "on" },
	});
	const { status } = await fetch(`http://${behind.address}/dev/sign-in`, {
		method: "POST",
		headers: { Origin: `http://localhost:${behind.port}` },
	});
	expect(status).toBe(404);
});

test("dev lists its users when the page names an unknown one", async () => {
	const dev = await startDev(temporaryDirectory());
	const eve = await ChatPage.open(`http://localhost:${dev.port}/?as=eve`);
	await eve.sees("There is no user eve. Users: Alice, Bob, Carol, Dave.");
});

/** Seconds for which the server still accepts an expired token in the next test. */
const LEEWAY_S = 3;

test("users chat on while their tokens expire", async () => {
	const dev = await startDev(temporaryDirectory(), [], {
		env: {
			SECURECONNECT_JWT_SECRET: SECRET,
			// A busy machine renews late.
			SECURECONNECT_JWT_LEEWAY_SECONDS: String(LEEWAY_S),
		},
	});
	const bob = await connect(dev, dev.conversationId, "", {
		bearer: dev.users[1].token,
	});
	let given = 0;
	let firstEndsAt = Number.POSITIVE_INFINITY;
	const alice = await ChatPage.open(
		`http://localhost:${dev.port}/`,
		{},
		async (context) => {
			await context.addInitScript(() => {
				const seen: string[] = [];
				Object.assign(globalThis, { seen });
				addEventListener("DOMContentLoaded", () =>
					new MutationObserver(() => {
						const banner = document.querySelector(".banner");
						if (banner) seen.push(banner.textContent ?? "");
					}).observe(document.documentElement, {
						subtree: true,
						childList: true,
					}),
				);
			});
			// Like a server whose tokens are valid for four seconds.
			await context.route("**/dev/sign-in", async (route) => {
				const response = await route.fetch();
				const answer = (await response.json()) as { user_id: string };
				const exp = inSeconds(4);
				if (++given === 1) firstEndsAt = (exp + LEEWAY_S) * 1000;
				await route.fulfill({
					response,
					json: {
						...answer,
						token: await token(answer.user_id, {
							name: "Alice",
							exp,
						}),
					},
				});
			});
		},
	);
	await alice.isReady();
	await alice.say("first");
	await expect
		.poll(() => given >= 5 && Date.now() > firstEndsAt, { timeout: 60_000 })
		.toBe(true);
	await alice.say("last");
	await alice.shows(["first", "last"]);
	await bob.settle();
	expect(bob.of("chat").map(({ content }) => content)).toEqual([
		"first",
		"last",
	]);
	expect(bob.of("user_left")).toEqual([]);
	expect(
		await alice.page.evaluate(() => Reflect.get(globalThis, "seen")),
	).toEqual([]);
});
