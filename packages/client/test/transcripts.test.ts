/** The golden transcripts (spec/examples), with this client in the place of each participant. */
import { once } from "node:events";
import type { Conversation } from "@secureconnect/client";
import {
	type ClientFrame,
	isAmendment,
	parseClientFrame,
	type WireServerFrame,
} from "@secureconnect/protocol";
import { fromWire } from "@secureconnect/protocol/wire";
import { expect, test } from "vitest";
import {
	type Frame,
	type Step,
	type Transcript,
	transcripts,
} from "../../server/test/support/transcript.ts";
import { clientOf } from "./support/client.ts";
import { type FakeConnection, FakeServer } from "./support/fake-server.ts";

/** Frames that an application receives as on the wire; all others are between client and server. */
const SHOWN = [
	"chat",
	"participant_removed",
	"typing",
	"read",
	"user_joined",
	"user_left",
];

const parts = transcripts().flatMap((transcript) =>
	Object.keys(transcript.users).map((who) => ({
		name: transcript.name,
		who,
		transcript,
	})),
);

test.each(parts)(
	"the client plays $who's part of $name",
	async ({ who, transcript }) => {
		const steps = stepsOf(transcript, who);
		const server = await FakeServer.start(() => {});
		const shown: WireServerFrame[] = [];
		const [messages, errors, complaints]: [unknown[], unknown[], unknown[]] = [
			[],
			[],
			[],
		];
		const open = (): Conversation => {
			const conversation = clientOf(server, userOf(transcript, who), {
				protocol: isV1(steps) ? "v1" : "seed",
			}).conversation(transcript.conversation_id);
			conversation.on("frame", (frame) => shown.push(frame));
			conversation.on("message", (message) => messages.push(message));
			conversation.on("error", (error) => errors.push(error));
			for (const event of ["invalid", "missing", "reset", "storage"] as const)
				conversation.on(event, (what) => complaints.push({ event, what }));
			return conversation;
		};

		/** All received frames, with the client's own message ids replaced by those of the transcript. */
		const got: Frame[] = [];
		const of = (...types: string[]): Frame[] =>
			got.filter(({ type }) => types.includes(String(type)));
		const caughtUp = async (): Promise<void> => {
			await expect.poll(() => shown).toEqual(of(...SHOWN));
			await expect.poll(() => errors).toEqual(of("error").map(fromWire));
			expect(messages).toEqual(
				of("chat").map((frame) => ({
					...(fromWire(frame) as object),
					createdAt: Date.parse(String(frame.timestamp)),
				})),
			);
			expect(complaints).toEqual([]);
		};

		let conversation = open();
		let connections = 0;
		let connection: FakeConnection | undefined;
		/** Ids of the sent messages, by content. */
		const ids = new Map<unknown, string>();
		const isRepeat = (frame: ClientFrame): boolean =>
			frame.type === "chat" &&
			frame.clientMessageId !== undefined &&
			ids.has(frame.clientMessageId);
		const acknowledged: Promise<unknown>[] = [];
		for (const step of steps) {
			if ("connects" in step) {
				connection = await server.until(
					() => server.connections[connections],
					"a connection",
				);
				connections++;
				const after = step.connects.query?.after;
				const seen = of("chat").find(({ message_id }) => message_id === after);
				expect(connection.query.get("conversation_id")).toBe(conversation.id);
				if (seen) expect(connection.query.get("after")).toBe(after);
			} else if ("receives" in step) {
				const frame = { ...step.receives };
				const id = ids.get(frame.content);
				if (frame.sender_id === userOf(transcript, who) && id)
					frame.client_message_id = id;
				got.push(frame);
				connection?.send(frame);
			} else if ("sends" in step && connection) {
				// Skips frames that the client never sends by itself: invalid ones, needless repeats, unrequested
				// tokens.
				const command = parsed(step.sends);
				if (!command || isRepeat(command)) continue;
				await caughtUp();
				const count = connection.received.length;
				if (command.type === "chat") {
					const { clientMessageId, content, ...options } = command;
					const sent = conversation.send(content, options);
					ids.set(content, sent.clientMessageId);
					if (clientMessageId) ids.set(clientMessageId, sent.clientMessageId);
					acknowledged.push(sent.acknowledged);
				} else if (command.type === "typing") conversation.sendTyping();
				else if (command.type === "read")
					conversation.markAsRead(command.messageId);
				else continue;
				const said = await server.until(
					() => connection?.received[count],
					`what is like ${JSON.stringify(step.sends)}`,
				);
				expect(unnamed(parsed(said))).toEqual(unnamed(command));
			} else if ("closes" in step && connection) {
				await caughtUp();
				const closed = once(connection.ws, "close");
				conversation.close();
				expect(await closed).toEqual([step.closes.code, Buffer.of()]);
				if (hasMore(steps, step)) conversation = open();
			} else if ("closed" in step) {
				await caughtUp();
				connection?.ws.close(step.closed.code, step.closed.reason);
				await expect
					.poll(() => conversation.state)
					.toMatchObject({ name: "failed", error: { code: "removed" } });
			} else if ("breaks" in step) {
				await caughtUp();
				connection?.ws.terminate();
			}
		}
		await caughtUp();
		const own = of("chat").filter(
			({ sender_id }) => sender_id === userOf(transcript, who),
		);
		expect(await Promise.all(acknowledged)).toMatchObject(
			own.map(({ message_id, seq }) => ({ messageId: message_id, seq })),
		);
	},
);

function userOf({ users }: Transcript, who: string): string {
	const user = users[who];
	if (!user) throw new Error(`the transcript has no ${who}`);
	return user.user_id;
}

function stepsOf({ steps }: Transcript, who: string): Step[] {
	return steps.filter((step) => "as" in step && step.as === who);
}

function isV1(steps: readonly Step[]): boolean {
	return steps.some(
		(step) => "connects" in step && step.connects.protocols !== undefined,
	);
}

function hasMore(steps: readonly Step[], step: Step): boolean {
	return steps.indexOf(step) < steps.length - 1;
}

function parsed(frame: unknown): ClientFrame | undefined {
	const read = parseClientFrame(JSON.stringify(frame), true);
	// The transcripts have no amendments.
	return read.ok && !isAmendment(read.value.type)
		? (read.value as ClientFrame)
		: undefined;
}

function unnamed(frame: ClientFrame | undefined): unknown {
	return { ...frame, clientMessageId: undefined };
}
