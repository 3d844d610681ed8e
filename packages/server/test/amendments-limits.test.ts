import { describe, expect, test } from "vitest";
import { command, message, pair } from "./support/amending.ts";
import { expectError } from "./support/chat.ts";

describe("limits", () => {
	test("[AM-10] a message has at most 20 different reactions", async () => {
		const all = await pair();
		const { a, b } = all;
		const target_id = await message(a, "one");
		const react = (by: typeof a, reaction: string, on = true) =>
			command(by, { type: "reaction", target_id, reaction, on });
		for (let i = 0; i < 20; i++) await react(a, `r${i}`);
		expect(await react(a, "r20")).toMatchObject({ code: "limit_reached" });
		expect(await react(b, "r0")).toMatchObject({ type: "reaction" });
		await react(a, "r1", false);
		expect(await react(a, "r20")).toMatchObject({ type: "reaction" });
	});

	test("[AM-10] a conversation has at most 50 pins", async () => {
		const all = await pair();
		const { server, path, a, alice } = all;
		const ids: string[] = [];
		for (let i = 0; i <= 50; i++) ids.push(await message(a, `${i}`));
		const pin = (target_id: unknown, on = true) =>
			command(a, { type: "pin", target_id, on });
		for (const id of ids.slice(0, 50)) await pin(id);
		expect(await pin(ids[50])).toMatchObject({ code: "limit_reached" });
		expect(
			(await server.rest("PUT", `${path}/messages/${ids[50]}/pin`, alice))
				.status,
		).toBe(409);
		await pin(ids[7], false);
		expect(await pin(ids[50])).toMatchObject({ type: "pin" });
	});

	test.each([
		["an empty reaction", { type: "reaction", reaction: "", on: true }],
		["65 characters", { type: "reaction", reaction: "x".repeat(65), on: true }],
		["a control character", { type: "reaction", reaction: "a\nb", on: true }],
		["a C1 control", { type: "reaction", reaction: "a\u0085b", on: true }],
		["no reaction", { type: "reaction", on: true }],
		["no state", { type: "reaction", reaction: "x" }],
		["a pin without a state", { type: "pin" }],
		["a long reason", { type: "delete", reason: "x".repeat(257) }],
		["an edit without content", { type: "edit" }],
		["a version below 0", { type: "edit", content: "x", if_version: -1 }],
		["no target", { type: "pin", on: true, target_id: undefined }],
	])("[AM-10] %s is an invalid frame", async (_, frame) => {
		const { a } = await pair();
		const target_id = await message(a, "one");
		expect(await command(a, { target_id, ...frame })).toMatchObject({
			type: "error",
			code: "invalid_frame",
		});
	});

	test("[AM-10] a reaction of 64 characters outside the basic plane and a reason of 256 are accepted", async () => {
		const { a } = await pair();
		const target_id = await message(a, "one");
		const reaction = "😀".repeat(64);
		expect(
			await command(a, { type: "reaction", target_id, reaction, on: true }),
		).toMatchObject({ type: "reaction", reaction });
		expect(
			await command(a, {
				type: "delete",
				target_id,
				reason: "x".repeat(256),
			}),
		).toMatchObject({ type: "delete" });
	});

	test("[FR-12] an edit may be as long as a message, and no other amendment may", async () => {
		const { a } = await pair();
		const target_id = await message(a, "one");
		const content = "x".repeat(100_000);
		expect(
			await command(a, { type: "edit", target_id, content }),
		).toMatchObject({ type: "edit", content });
		a.send({ type: "pin", target_id, on: true, unknown: content });
		await expectError(a, "invalid_frame");
	});
});

test("[AM-15] a server that reserves pins lets owners and moderators pin, and refuses others", async () => {
	const { a, b, server, alice, bob, path } = await pair({
		whoPins: "moderators",
	});
	const target_id = await message(b, "one");
	const pin = { type: "pin", target_id, on: true };
	expect(await command(b, pin)).toMatchObject({
		type: "error",
		code: "forbidden",
	});
	expect(await command(a, pin)).toMatchObject({ type: "pin", on: true });
	expect(
		await command(b, { type: "reaction", target_id, reaction: "👍", on: true }),
	).toMatchObject({ type: "reaction" });
	const promoted = await server.rest(
		"PATCH",
		`${path}/participants/${bob}`,
		alice,
		{ role: "moderator" },
	);
	expect(promoted.status).toBe(200);
	expect(await command(b, { ...pin, on: false })).toMatchObject({
		type: "pin",
		on: false,
	});
});
