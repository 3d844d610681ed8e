import { afterAll, beforeEach, expect, test, vi } from "vitest";
import { closeBrowser, needChromium } from "../../cli/test/support/browser.ts";
import type { TestClient } from "../../server/test/support/client.ts";
import { token } from "../../server/test/support/token.ts";
import { contents, Scene } from "./support/scene.ts";
import { isReady, numbered, shows } from "./support/site.ts";

beforeEach(needChromium);
afterAll(closeBrowser);

const LIFETIME_S = 6;
const TIMEOUT = { timeout: 60_000 };
const STRICT = { SECURECONNECT_JWT_LEEWAY_SECONDS: "0" };

/** Creates a token as an application's backend does, with a shorter lifetime. */
function shortToken(userId: string): Promise<string> {
	const iat = Date.now() / 1000;
	return token(userId, { iat, exp: iat + LIFETIME_S });
}

/** Alice and Bob take turns until `isOver`. Returns the messages. */
async function chatUntil(
	isOver: () => boolean,
	alice: (content: string) => Promise<unknown>,
	bob: TestClient,
): Promise<string[]> {
	const said: string[] = [];
	while (!isOver()) {
		const [hers, his] = [`alice ${said.length}`, `bob ${said.length}`];
		await alice(hers);
		await bob.waitFor(({ content }) => content === hers);
		bob.send({ type: "chat", content: his });
		await bob.waitFor(({ content }) => content === his);
		said.push(hers, his);
	}
	return said;
}

test("a token that expires during a chat is renewed over one connection: no user leaves, no message is lost", async () => {
	const scene = await Scene.set(STRICT);
	let made = 0;
	let firstEndsAt = Number.POSITIVE_INFINITY;
	scene.site.tokens = async (userId) => {
		if (++made === 1) firstEndsAt = Date.now() + LIFETIME_S * 1000;
		return shortToken(userId);
	};
	const bob = await scene.bob();
	const page = await scene.site.open(scene.context, scene.alice);
	await isReady(page);
	const said = await chatUntil(
		// The server has also run its own check for expired tokens by then.
		() => Date.now() > firstEndsAt + 1500,
		(content) => page.evaluate((it) => app.write([it]), content),
		bob,
	);

	await shows(page, () => app.received().map(([, content]) => content), said);
	expect(await scene.stored()).toEqual(said);
	expect(contents(bob)).toEqual(said);
	expect(made).toBeGreaterThan(1);
	expect(await page.evaluate(() => app.ready())).toBe(1);
	await bob.settle();
	expect(
		bob
			.of("user_left")
			.concat(bob.of("user_joined"))
			.map(({ sender_id }) => sender_id)
			.filter((id) => id === scene.alice.user),
	).toEqual([scene.alice.user]);
	expect(await page.evaluate(() => app.wrong())).toEqual([]);
});

test("without a token the connection ends; once a token is available, every message arrives once, in order", async () => {
	const scene = await Scene.set(STRICT);
	let isBroken = false;
	let refusals = 0;
	scene.site.tokens = async (userId) => {
		if (!isBroken) return shortToken(userId);
		refusals++;
		throw new Error("out of order");
	};
	const bob = await scene.bob();
	const page = await scene.site.open(scene.context, scene.alice);
	await isReady(page);
	isBroken = true;
	await vi.waitFor(() => expect(refusals).toBeGreaterThan(0), TIMEOUT);
	await page.evaluate(() => app.write(["with the old token"]));
	await shows(page, () => app.with("acknowledged"), ["with the old token"]);
	await bob.waitFor(
		({ type, sender_id }) =>
			type === "user_left" && sender_id === scene.alice.user,
	);
	const [mine, bobs] = [numbered("m", 1, 10), numbered("b", 1, 10)];
	await page.evaluate((it) => app.write(it), mine);
	for (const content of bobs) bob.send({ type: "chat", content });
	await bob.waitFor(({ content }) => content === "b10");
	isBroken = false;

	await isReady(page, 2);
	const all = ["with the old token", ...bobs, ...mine];
	await shows(page, () => app.received().map(([, content]) => content), all);
	expect(await page.evaluate(() => app.with("acknowledged"))).toEqual([
		"with the old token",
		...mine,
	]);
	expect(await scene.stored()).toEqual(all);
	expect(contents(bob)).toEqual(all);
	expect(await page.evaluate(() => app.wrong())).toEqual([]);
});
