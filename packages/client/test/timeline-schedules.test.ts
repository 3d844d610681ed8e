import { randomInt } from "node:crypto";
import { expect, test } from "vitest";
import { random } from "../../server/test/support/random.ts";
import { ModelClient } from "./support/timeline-client.ts";
import {
	ModelServer,
	type Stored,
	type Wish,
} from "./support/timeline-server.ts";

/** `TIMELINE_SEED=123` repeats the schedule that failed with this seed. */
const SEED = Number(process.env.TIMELINE_SEED ?? randomInt(2 ** 31));
const SCHEDULES = 2000;
const NAMES = ["+1", "heart", "eyes"];

/** Runs a schedule of users who write and clients that receive, and compares every client with the model. */
function run(seed: number): void {
	const next = random(seed);
	const pick = (below: number): number => Math.floor(next() * below);
	const server = new ModelServer();
	// A page names at most ten users of a reaction. In some schedules more users react.
	const isCrowd = next() < 0.2;
	const users = Array.from(
		{ length: isCrowd ? 14 : 2 + pick(3) },
		(_, number) => `u${number}`,
	);
	let now = Date.UTC(2026, 0, 1);
	let written = 0;
	if (isCrowd) {
		const [user = ""] = users;
		server.take({ type: "chat", user, cmid: "c0", text: "text 0" }, now);
		for (const [number, user] of users.entries())
			server.take(
				{
					type: "reaction",
					user,
					cmid: `crowd ${number}`,
					target: "m1",
					name: NAMES[number % 5 === 0 ? 1 : 0] ?? "",
					on: true,
				},
				now,
			);
	}
	const clients = [0, 1].map(
		(number) => new ModelClient(server, users[number] ?? "", next),
	);
	const publish = (stored: Stored): void => {
		for (const client of clients) client.published(stored);
	};
	const someMessage = (): string | undefined => {
		const messages = server.log.filter(({ wish }) => wish.type === "chat");
		const newest = isCrowd ? 0 : Math.max(0, messages.length - 1 - pick(8));
		return messages[newest]?.id;
	};
	const wishOf = (user: string): Wish => {
		const cmid = `c${++written}`;
		const text = `text ${written}`;
		const target = someMessage();
		const chance = next();
		if (target === undefined || chance < 0.3)
			return {
				type: "chat",
				user,
				cmid,
				text,
				replyTo: next() < 0.2 ? target : undefined,
				threadId: next() < 0.4 ? target : undefined,
			};
		if (chance < 0.33) return { type: "participant_removed", user, cmid };
		if (chance < 0.36) return { type: "poll", user, cmid };
		if (chance < 0.5) return { type: "edit", user, cmid, target, text };
		if (chance < (isCrowd ? 0.51 : 0.6))
			return { type: "delete", user, cmid, target };
		if (chance < 0.7)
			return { type: "pin", user, cmid, target, on: next() < 0.6 };
		return {
			type: "reaction",
			user,
			cmid,
			target,
			name: NAMES[isCrowd ? pick(2) : pick(3)] ?? "",
			on: next() < 0.7,
		};
	};
	const steps = 30 + pick(70);
	for (let step = 0; step < steps; step++) {
		now += 1000;
		const client = clients[pick(clients.length)];
		if (!client) break;
		const chance = next();
		if (chance < 0.3) {
			const before = server.head;
			const user = users[pick(users.length)] ?? "";
			server.take(wishOf(user), now);
			for (const stored of server.log.slice(before)) publish(stored);
		} else if (chance < 0.42) {
			const wish = wishOf(client.user);
			if (wish.type !== "participant_removed" && wish.type !== "poll")
				client.write(wish, now);
		} else if (chance < 0.55) client.pump(now, publish);
		else if (chance < 0.57) client.refuse();
		else if (chance < 0.58) client.discard();
		else if (chance < 0.68) client.loadOlder();
		else if (chance < 0.72) client.loadAnything();
		else if (chance < 0.74) client.restart();
		else client.deliver();
		client.check();
	}
	for (const client of clients) client.finish(now, publish);
	for (const client of clients) client.compare();
}

test("after any deliveries, repeats, gaps and restarts, every timeline equals the fold of the log", () => {
	for (let seed = SEED; seed < SEED + SCHEDULES; seed++)
		try {
			run(seed);
		} catch (error) {
			throw new Error(`the schedule failed: TIMELINE_SEED=${seed}`, {
				cause: error,
			});
		}
	expect(SCHEDULES).toBeGreaterThan(0);
});
