/** Accessibility of the list of conversations, its menus and the roles. */
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { rest } from "../../../packages/cli/test/support/server-process.ts";
import { token } from "../../../packages/server/test/support/token.ts";
import { looks, violations, withAxe } from "./support/axe.ts";
import { ChatPage } from "./support/chat-page.ts";
import { sharedServer } from "./support/shared-server.ts";

const server = sharedServer();

test.each(looks)(
	"axe finds no violation in badges, sections, menus and roles, in light and dark: %s",
	async (_, look) => {
		const [alice, bob] = [randomUUID(), randomUUID()];
		const bearer = await token(alice);
		const make = async (title: string, settings: object): Promise<void> => {
			const id = await server.conversation(alice, [bob], title);
			await server.post(id, bob, "Bob", ["Hello"]);
			await rest(
				server,
				"POST",
				`/v1/conversations/${id}/messages`,
				await token(bob, { name: "Bob" }),
				{ content: "@Alice", mentions: { user_ids: [alice] } },
			);
			await rest(server, "PUT", `/v1/conversations/${id}/me`, bearer, settings);
		};
		await make("Old", { archived: true });
		await make("Loud", { muted_until: "9999-12-31T00:00:00Z" });
		await make("Dear", { favourite: true });
		const marked = await server.conversation(alice, [bob], "Later");
		await rest(server, "PUT", `/v1/conversations/${marked}/me`, bearer, {
			marked_unread: true,
		});
		const closed = await server.conversation(alice, [bob], "Over");
		await rest(server, "PATCH", `/v1/conversations/${closed}`, bearer, {
			closed: true,
		});
		const it = await ChatPage.open(
			await server.link(alice, "Alice"),
			look,
			withAxe,
		);
		const { page, list } = it;
		await list.getByRole("button", { name: /^Archived/ }).click();
		await list.getByRole("link", { name: /Old/ }).waitFor();
		await list.getByText("marked as unread").waitFor();
		expect(await violations(it)).toEqual([]);

		const options = page.getByRole("button", { name: "Options: Dear" });
		await options.focus();
		await page.keyboard.press("Enter");
		const item = page.getByRole(look.phone ? "button" : "menuitem", {
			name: "Mute",
			exact: true,
		});
		await item.waitFor();
		expect(await violations(it)).toEqual([]);
		await item.click();
		await page.getByText("Until tomorrow").waitFor();
		expect(await violations(it)).toEqual([]);
		await page.keyboard.press("Escape");
		await page.keyboard.press("Escape");
		await item.waitFor({ state: "detached" });
		await expect
			.poll(() => options.evaluate((it) => it === document.activeElement))
			.toBe(true);
		await page.keyboard.press("Enter");
		await page
			.getByRole(look.phone ? "button" : "menuitem", { name: "Rename…" })
			.click();
		await page.getByRole("textbox", { name: "Title" }).waitFor();
		expect(await violations(it)).toEqual([]);
		await page.keyboard.press("Escape");
		await page.getByRole("dialog").waitFor({ state: "detached" });

		await list.getByRole("link", { name: /Over/ }).click();
		await page.getByPlaceholder("This conversation is closed").waitFor();
		await page.getByRole("button", { name: "People" }).click();
		await page.getByRole("combobox", { name: "Role of Bob" }).waitFor();
		expect(await violations(it)).toEqual([]);
	},
);
