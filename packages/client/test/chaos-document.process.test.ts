import { randomUUID } from "node:crypto";
import { createClient } from "@secureconnect/client";
import { fileOutbox } from "@secureconnect/client/file-outbox";
import { expect, onTestFinished, test } from "vitest";
import { SeedServer } from "../../conformance/test/servers/seed-server.ts";
import { TestClient } from "../../server/test/support/client.ts";
import { repeats } from "../../server/test/support/long.ts";
import { seedFrom } from "../../server/test/support/random.ts";
import { SECRET, token } from "../../server/test/support/token.ts";
import { Actor } from "./support/chaos-actor.ts";
import { twice } from "./support/chaos-audit.ts";
import { planRound, type SchedulePlan } from "./support/chaos-plan.ts";
import { FaultyProxy } from "./support/faulty-proxy.ts";
import { record, table } from "./support/record.ts";

const SEED = seedFrom("CHAOS_SEED");
const SETTLE_MS = 60_000;
const heartbeat = { pingIntervalMs: 5000, pongTimeoutMs: 8000 };

/** Runs one schedule. Returns the numbers of written, acknowledged and unknown-outcome messages. */
async function run(
	server: SeedServer,
	plan: SchedulePlan,
): Promise<Record<"written" | "acknowledged" | "unknown", number>> {
	const { port } = new URL(server.url);
	const conversationId = randomUUID();
	// Has no faults, and so receives every message that the server sends to any client.
	const witness = await TestClient.open(
		`${server.url}/v1/ws/chat?conversation_id=${conversationId}`,
		{ headers: { Authorization: `Bearer ${await token(randomUUID())}` } },
	);
	let changed = (): void => {};
	const until = (isSo: () => boolean, what: string): Promise<void> =>
		new Promise((resolve, reject) => {
			const timer = setTimeout(() => reject(new Error(what)), SETTLE_MS);
			changed = () =>
				queueMicrotask(() => {
					if (!isSo()) return;
					clearTimeout(timer);
					resolve();
				});
			changed();
		});
	const actors = await Promise.all(
		plan.actors.map(
			async (actor, i) =>
				new Actor({
					sdk: { createClient, fileOutbox },
					name: String(i),
					plan: actor,
					userId: randomUUID(),
					conversationId,
					proxy: await FaultyProxy.start({ port: Number(port) }),
					protocol: "seed",
					file: "",
					changed: () => changed(),
				}),
		),
	);
	onTestFinished(() => {
		for (const actor of actors) actor.close();
	});
	for (const actor of actors) {
		actor.open();
		actor.write(2);
	}
	const begun = performance.now();
	await Promise.all(
		plan.acts.map(
			(act) =>
				new Promise<void>((resolve) =>
					setTimeout(
						() => {
							actors[act.who]?.perform(act);
							resolve();
						},
						begun + act.at - performance.now(),
					),
				),
		),
	);
	for (const actor of actors) {
		actor.heal();
		actor.write(1);
	}
	await until(
		() =>
			actors.every(({ handles: own }) =>
				own.every(({ status }) => status !== "queued" && status !== "sent"),
			),
		"every message to be acknowledged, or to fail",
	);

	const told = witness.of("chat").map(({ content }) => String(content));
	expect(twice(told), "doubled").toEqual([]);
	for (const { status, content, error } of actors.flatMap((it) => it.handles))
		if (status === "acknowledged") expect(told).toContain(content);
		else expect(error).toMatchObject({ code: "outcome_unknown" });
	for (const { written, streams, complaints, acknowledged } of actors) {
		expect(complaints).toEqual([]);
		expect([...acknowledged.values()].filter((count) => count > 1)).toEqual([]);
		const there = written.filter((content) => told.includes(content));
		expect(told.filter((content) => written.includes(content))).toEqual(there);
		for (const stream of streams) {
			const contents = stream.map(({ content }) => content);
			expect(twice(contents)).toEqual([]);
			// The order of all messages that the witness received.
			expect(contents).toEqual(
				told.filter((content) => contents.includes(content)),
			);
		}
	}
	const count = (status: string): number =>
		actors.flatMap((it) => it.handles).filter((it) => it.status === status)
			.length;
	return {
		written: actors.flatMap((it) => it.handles).length,
		acknowledged: count("acknowledged"),
		unknown: count("failed"),
	};
}

test("on a server with only the original document, no message doubles, acknowledged ones are delivered, others fail as outcome_unknown", {
	retry: 0,
}, async () => {
	console.log(`CHAOS_SEED=${SEED}`);
	const server = await new SeedServer(SECRET, heartbeat).start();
	onTestFinished(() => server.close());
	const { schedules } = planRound(SEED, {
		schedules: repeats(10),
		freezes: false,
		protocol: "seed",
		serverActs: [],
	});
	const all: Awaited<ReturnType<typeof run>>[] = [];
	// Twenty at a time: more would only wait for this process.
	for (let i = 0; i < schedules.length; i += 20)
		all.push(
			...(await Promise.all(
				schedules.slice(i, i + 20).map((plan) => run(server, plan)),
			)),
		);
	const total = (of: keyof (typeof all)[number]): number =>
		all.reduce((sum, one) => sum + one[of], 0);
	record("Schedules of faults, a server that knows only the document", [
		"It does not deduplicate, so nothing is sent twice: what was on its way when a connection was lost has failed, as of unknown outcome.",
		"",
		...table({
			CHAOS_SEED: SEED,
			schedules: all.length,
			messages: total("written"),
			acknowledged: total("acknowledged"),
			"of unknown outcome": total("unknown"),
			doubled: 0,
		}),
	]);
	expect(total("unknown"), "nothing was lost on the way").toBeGreaterThan(0);
});
