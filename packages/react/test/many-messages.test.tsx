/** Ten thousand messages: checks that rows keep their identity, and prints the time of each step. */
import { randomUUID } from "node:crypto";
import { type TimelineRow, useMessages } from "@secureconnect/react";
import { expect, onTestFinished, test, vi } from "vitest";
import { clientOf } from "../../client/test/support/client.ts";
import {
	chat,
	FakeServer,
	welcome,
} from "../../client/test/support/fake-server.ts";
import { contents, numbered } from "./support/items.ts";
import { probe, render, until } from "./support/render.ts";

const MANY = 10_000;
const STEP = 2000;

/** Prints the time of each step, by the number of messages at its end. */
function print(what: string, steps: readonly number[]): void {
	console.log(
		`${what}, ms for ${STEP} more: ${steps.map((ms, i) => `${(i + 1) * STEP}: ${Math.round(ms)}`).join(", ")}`,
	);
}

test("10,000 live messages keep existing rows unchanged", async () => {
	const [alice, id] = [randomUUID(), randomUUID()];
	const server = await FakeServer.start((connection) =>
		connection.send(welcome(alice, 0)),
	);
	const none = vi
		.spyOn(globalThis, "fetch")
		.mockImplementation(async () =>
			Response.json({ messages: [], next: null }),
		);
	onTestFinished(() => none.mockRestore());
	const messages = probe(() => useMessages(id));
	render({ client: clientOf(server, alice) }, <messages.Component />);
	await until(() => messages.last.isLoading).toBe(false);
	const steps: number[] = [];
	let before: readonly TimelineRow[] = [];
	for (let seq = 1; seq <= MANY; ) {
		const from = performance.now();
		const to = seq + STEP;
		for (; seq < to; seq++) server.connections[0]?.send(chat(seq));
		await until(() => messages.last.items.length).toBe(seq - 1);
		steps.push(performance.now() - from);
		const { items } = messages.last;
		expect(before.every((item, i) => item === items[i])).toBe(true);
		before = items;
		// The probe keeps every render; without this line the test would measure its own memory.
		messages.all.splice(0, messages.all.length - 1);
	}
	expect(contents(messages.last.items)).toEqual(numbered(1, MANY));
	print("live", steps);
});

test("10,000 messages of the history keep existing rows unchanged", async () => {
	const [alice, id] = [randomUUID(), randomUUID()];
	const server = await FakeServer.start((connection) =>
		connection.send(welcome(alice, MANY)),
	);
	const pages = vi
		.spyOn(globalThis, "fetch")
		.mockImplementation(async (url) => {
			const before = Number(/before_seq=(\d+)/.exec(`${url}`)?.[1]);
			const seqs = Array.from({ length: 50 }, (_, i) => before - 50 + i);
			return Response.json({
				messages: seqs.map((seq) => chat(seq)),
				next: before > 51 ? before - 50 : null,
			});
		});
	onTestFinished(() => pages.mockRestore());
	const messages = probe(() => useMessages(id));
	render({ client: clientOf(server, alice) }, <messages.Component />);
	await until(() => messages.last.isLoading).toBe(false);
	const steps: number[] = [];
	let before: readonly TimelineRow[] = [];
	for (let to = STEP; to <= MANY; to += STEP) {
		const from = performance.now();
		while (messages.last.items.length < to) {
			await messages.last.loadOlder();
			await until(() => messages.last.isLoading).toBe(false);
		}
		steps.push(performance.now() - from);
		const { items } = messages.last;
		const added = items.length - before.length;
		expect(before.every((item, i) => item === items[i + added])).toBe(true);
		before = items;
		messages.all.splice(0, messages.all.length - 1);
	}
	await until(() => messages.last.hasOlder).toBe(false);
	expect(contents(messages.last.items)).toEqual(numbered(1, MANY));
	print("page by page", steps);
});
