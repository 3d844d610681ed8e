import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { DefineTest } from "../contract-test.ts";
import type { Bus, BusMessage, UserMessage } from "./contract.ts";

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

	withBus("a watch gets the messages of all conversations", async (bus) => {
		const got: (readonly [string, BusMessage])[] = [];
		const [first, second] = [randomUUID(), randomUUID()];
		const end = await bus.watch((id, message) => got.push([id, message]));
		const sent = [
			[first, typing(1)],
			[second, { kind: "deleted" }],
			[first, typing(2)],
		] as const;
		for (const [id, message] of sent) bus.publish(id, message);
		bus.publishUser(first, added());
		assert.deepEqual(got, sent);
		end();
		end();
		bus.publish(first, typing(3));
		assert.equal(got.length, sent.length);
	});

	withBus(
		"an error of a watch is reported, and the others get the message",
		async (bus) => {
			const fault = new Error("a fault of the handler");
			let got = 0;
			await bus.watch(() => {
				throw fault;
			});
			await bus.watch(() => got++);
			bus.publish(randomUUID(), typing(1));
			assert.equal(got, 1);
			assert.deepEqual(errors, [fault]);
		},
	);

	withBus("subscribers of a user get the user's messages", async (bus) => {
		const [user, other] = [randomUUID(), randomUUID()];
		const [first, second]: [UserMessage[], UserMessage[]] = [[], []];
		const end = await bus.subscribeUser(user, (message) => first.push(message));
		await bus.subscribeUser(user, (message) => second.push(message));
		const sent: UserMessage[] = [
			added(),
			{ kind: "changed", conversationId: randomUUID() },
			{
				kind: "removed",
				conversationId: randomUUID(),
				reason: "deleted",
			},
		];
		for (const message of sent) bus.publishUser(user, message);
		bus.publishUser(other, added());
		bus.publish(user, typing(1));
		assert.deepEqual([first, second], [sent, sent]);
		end();
		bus.publishUser(user, added());
		assert.deepEqual([first.length, second.length], [3, 4]);
	});

	withBus(
		"an error of a user's handler is reported, and the others get the message",
		async (bus) => {
			const user = randomUUID();
			const fault = new Error("a fault of the handler");
			let got = 0;
			await bus.subscribeUser(user, () => {
				throw fault;
			});
			await bus.subscribeUser(user, () => got++);
			bus.publishUser(user, added());
			assert.equal(got, 1);
			assert.deepEqual(errors, [fault]);
		},
	);
}

function added(): UserMessage {
	return { kind: "added", conversationId: randomUUID() };
}

function typing(timestamp: number): BusMessage {
	return { kind: "typing", userId: randomUUID(), timestamp, origin: "a" };
}
