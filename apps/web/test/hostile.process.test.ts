import { afterAll, beforeEach, expect, test } from "vitest";
import {
	closeBrowser,
	needChromium,
} from "../../../packages/cli/test/support/browser.ts";
import { startDev } from "../../../packages/cli/test/support/server-process.ts";
import { temporaryDirectory } from "../../../packages/server/test/support/server.ts";
import { ChatPage, DESKTOP, type Look, PHONE } from "./support/chat-page.ts";
import { HOSTILE } from "./support/hostile.ts";

beforeEach(needChromium);
afterAll(closeBrowser);

test.each<[string, Look]>([
	["desktop", DESKTOP],
	["phone", PHONE],
])(
	"200 hostile messages neither run nor break the layout: %s",
	async (_, look) => {
		expect(HOSTILE.length).toBeGreaterThanOrEqual(200);
		const dev = await startDev(temporaryDirectory());
		for (const content of HOSTILE) {
			const { status } = await fetch(
				`http://127.0.0.1:${dev.port}/v1/conversations/${dev.conversationId}/messages`,
				{
					method: "POST",
					headers: {
						Authorization: `Bearer ${dev.users[1].token}`,
						"Content-Type": "application/json",
					},
					body: JSON.stringify({ content }),
				},
			);
			expect(status, content.slice(0, 80)).toBe(201);
		}
		const alice = await ChatPage.open(
			`http://localhost:${dev.port}/`,
			look,
			(context) =>
				context.addInitScript(() => {
					const ran: string[] = [];
					Object.assign(globalThis, {
						ran,
						pwned: (it: string) => ran.push(it),
					});
					document.addEventListener("securitypolicyviolation", (event) =>
						ran.push(`policy: ${event.violatedDirective} ${event.blockedURI}`),
					);
				}),
		);
		const { page } = alice;
		page.on("dialog", (dialog) => {
			alice.wrong.push(`dialog: ${dialog.message()}`);
			void dialog.dismiss();
		});
		await alice.isReady();
		await page.locator(".message").first().waitFor();
		await page.getByRole("button", { name: /new$/ }).click();
		await page.locator(`[data-seq="${HOSTILE.length}"]`).waitFor();

		/** Returns the faults of the rows that are drawn now. */
		const broken = (): Promise<string[]> =>
			page.evaluate(() => {
				const wrong: string[] = [];
				const root = document.documentElement;
				if (
					root.scrollWidth > innerWidth ||
					document.body.scrollWidth > innerWidth
				)
					wrong.push(`the page is ${root.scrollWidth} wide`);
				const scroller = document.querySelector(".scroller");
				if (!scroller) return ["no list"];
				if (scroller.scrollWidth > scroller.clientWidth)
					wrong.push(`the list is ${scroller.scrollWidth} wide`);
				const pane = scroller.getBoundingClientRect();
				for (const row of document.querySelectorAll(".row")) {
					const { left, right, height } = row.getBoundingClientRect();
					if (left < pane.left - 1 || right > pane.right + 1)
						wrong.push(`a row reaches from ${left} to ${right}`);
					if (height > 1500) wrong.push(`a row is ${height} high`);
				}
				for (const text of document.querySelectorAll(".message .text")) {
					// Only links, and text in separate elements.
					for (const child of text.querySelectorAll("*"))
						if (
							!["A", "SPAN", "SMALL"].includes(child.tagName) ||
							(child.tagName !== "A" && child.attributes.length > 0)
						)
							wrong.push(`<${child.tagName}>`);
					for (const link of text.querySelectorAll("a"))
						if (
							!/^https?:$/.test(link.protocol) ||
							link.username !== "" ||
							!link.rel.includes("noopener")
						)
							wrong.push(`a link to ${link.href}`);
				}
				// The time of a message runs from left to right, whatever the message contains.
				for (const time of document.querySelectorAll(".meta time"))
					if (!/^\d\d:\d\d$/.test(time.textContent ?? ""))
						wrong.push(`the time ${time.textContent}`);
				for (const sender of document.querySelectorAll(".sender"))
					if (sender.textContent !== "Bob")
						wrong.push(`the sender ${sender.textContent}`);
				return wrong;
			});

		// Scroll past all of them.
		const seen = new Set<string>();
		const scroller = page.getByRole("region", { name: "Messages" });
		await scroller.hover();
		for (let turns = 0; turns < 1000; turns++) {
			const isFirst = await page
				.getByText("The conversation begins here.")
				.isVisible();
			for (const key of await page
				.locator("[data-seq]")
				.evaluateAll((rows) =>
					rows.map((row) => row.getAttribute("data-seq") ?? ""),
				))
				seen.add(key);
			expect(await broken()).toEqual([]);
			if (isFirst) break;
			await scroller.evaluate(async (element) => {
				element.scrollTop -= element.clientHeight * 0.2;
				// The list draws new rows in the next frame.
				for (let frames = 0; frames < 2; frames++)
					await new Promise(requestAnimationFrame);
			});
		}
		expect(seen.size).toBeGreaterThanOrEqual(HOSTILE.length);

		// A long message can be unfolded.
		const more = page.getByRole("button", { name: /^Show all/ }).first();
		if (await more.isVisible()) {
			await more.click();
			await page.getByRole("button", { name: "Show less" }).first().waitFor();
		}
		expect(await page.evaluate(() => Reflect.get(globalThis, "ran"))).toEqual(
			[],
		);
		expect(
			await page
				.locator("script:not([src]), iframe, object, embed, style")
				.count(),
		).toBe(0);
		expect(page.url()).toMatch(/^http:\/\/localhost:\d+\/#\//);
		// Writing still works.
		await alice.say("still here");
		await page.getByText("still here").last().waitFor();
	},
	120_000,
);
