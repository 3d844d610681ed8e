import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { DefineTest } from "../contract-test.ts";
import type { Bus, BusMessage } from "./contract.ts";

/**
 * Defines tests for every sentence of the bus contract.
 * @param open returns a new bus that reports errors of handlers to `onError`; the suite closes the bus
 */
export function busContract(
	test: DefineTest,
	open: (onError: (error: unknown) => void) => Promise<Bus>,
): void {
	const errors: unknown[] = [];
	const withBus = (title: string, body: (bus: Bus) => Promise<void>): void =>
		test(`bus: ${title}`, async () => {
			errors.length = 0;
			const bus = await open((error) => errors.push(error));
			try {
				await body(bus);
			} finally {
				await bus.close();
			}
		});

	withBus("subscribers get what is published, in order", async (bus) => {
		const conversation = randomUUID();
		const first: BusMessage[] = [];
		const second: BusMessage[] = [];
		await bus.subscribe(conversation, (message) => first.push(message));
		await bus.subscribe(conversation, (message) => second.push(message));
		const sent = [typing(1), typing(2), typing(3)];
		for (const message of sent) bus.publish(conversation, message);
		assert.deepEqual(first, sent);
		assert.deepEqual(second, sent);
	});

	withBus("local subscribers have it before publish returns", async (bus) => {
		const conversation = randomUUID();
		let got = 0;
		await bus.subscribe(conversation, () => got++);
		bus.publish(conversation, typing(1));
		assert.equal(got, 1);
	});

	withBus(
		"an error of a handler is reported, and the others get the message",
		async (bus) => {
			const conversation = randomUUID();
			const fault = new Error("a fault of the handler");
			let got = 0;
			await bus.subscribe(conversation, () => {
				throw fault;
			});
			await bus.subscribe(conversation, () => got++);
			bus.publish(conversation, typing(1));
			assert.equal(got, 1);
			assert.deepEqual(errors, [fault]);
		},
	);

	withBus("conversations do not hear each other", async (bus) => {
		const got: BusMessage[] = [];
		await bus.subscribe(randomUUID(), (message) => got.push(message));
		bus.publish(randomUUID(), typing(1));
		assert.deepEqual(got, []);
	});

	withBus(
		"an ended subscription gets no messages, and others continue",
		async (bus) => {
			const conversation = randomUUID();
			let ended = 0;
			let going = 0;
			const unsubscribe = await bus.subscribe(conversation, () => ended++);
			await bus.subscribe(conversation, () => going++);
			unsubscribe();
			unsubscribe();
			bus.publish(conversation, typing(1));
			assert.deepEqual([ended, going], [0, 1]);
		},
	);

	withBus("a conversation can be subscribed to again", async (bus) => {
		const conversation = randomUUID();
		(await bus.subscribe(conversation, () => {}))();
		let got = 0;
		await bus.subscribe(conversation, () => got++);
		bus.publish(conversation, typing(1));
		assert.equal(got, 1);
	});
}

function typing(timestamp: number): BusMessage {
	return { kind: "typing", userId: randomUUID(), timestamp, origin: "a" };
}
