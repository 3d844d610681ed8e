/** Load in a few rooms during a backup, and the messages that the backup must contain afterwards. */
import { randomUUID } from "node:crypto";
import { onTestFinished, vi } from "vitest";
import { token } from "../../../server/test/support/token.ts";
import { Receiver, Sender } from "./crash-load.ts";
import {
	chatUrl,
	connect,
	history,
	rest,
	type ServerProcess,
} from "./server-process.ts";

const BURST_EVERY_MS = 10;

/** Conversation with a sender that uses client ids, a sender that does not, a receiver and a reader. */
export class LoadedRoom {
	readonly id = randomUUID();
	readonly withIds: Sender;
	readonly withoutIds: Sender;
	readonly receiver = new Receiver();
	/** User that answers every message with a `read` frame. */
	readonly reader = randomUUID();
	/** Token of each user id. */
	readonly bearers: Map<string, string> = new Map();
	/** User that sends with client ids. */
	readonly sender = randomUUID();
	answers = 0;

	constructor(i: number) {
		this.withIds = new Sender(`room ${i}, with ids,`, true);
		this.withoutIds = new Sender(`room ${i}, without ids,`, false);
	}

	/** Creates the conversation and connects its users. The reader reads every message on arrival. */
	async open(server: ServerProcess): Promise<void> {
		const other = randomUUID();
		for (const user of [this.sender, other, this.reader])
			this.bearers.set(user, await token(user));
		const bearer = this.bearers.get(this.sender) ?? "";
		const { status } = await rest(server, "POST", "/v1/conversations", bearer, {
			conversation_id: this.id,
			participant_ids: [other, this.reader],
		});
		if (status !== 201) throw new Error(`the room was not made: ${status}`);
		const urlOf = (user: string): string =>
			chatUrl(server, this.id, { access_token: this.bearers.get(user) ?? "" });
		const answered = (): void => {
			this.answers++;
		};
		await this.withIds.connect(urlOf(this.sender), answered);
		await this.withoutIds.connect(urlOf(other), answered);
		await this.receiver.connect(urlOf(this.reader), () => {});
		const reader = await connect(server, this.id, this.reader);
		reader.ws.on("message", (data) => {
			const { type, message_id } = JSON.parse(String(data)) as {
				type: string;
				message_id?: string;
			};
			if (type === "chat") reader.send({ type: "read", message_id });
		});
		onTestFinished(() => {
			for (const who of [this.withIds, this.withoutIds, this.receiver])
				who.end();
		});
	}

	say(): void {
		this.withIds.say();
		this.withoutIds.say();
	}

	/** Contents of all messages that the server has acknowledged so far. */
	get acknowledged(): string[] {
		return [...this.withIds.acknowledged, ...this.withoutIds.acknowledged];
	}

	stored(server: ServerProcess): ReturnType<typeof history> {
		return history(server, this.id, this.bearers.get(this.reader) ?? "");
	}
}

/** Sends messages to the rooms and reads their history until `stop`, which resolves when every message is answered. */
export function load(server: ServerProcess, rooms: readonly LoadedRoom[]) {
	const bursts = setInterval(() => {
		for (const room of rooms) room.say();
	}, BURST_EVERY_MS);
	let reading = true;
	const reads = (async () => {
		while (reading) for (const room of rooms) await room.stored(server);
	})();
	reads.catch(() => {});
	onTestFinished(() => {
		clearInterval(bursts);
		reading = false;
	});
	const answers = (): number =>
		rooms.reduce((sum, room) => sum + room.answers, 0);
	return {
		/** Waits for this many further answers. */
		async goesOn(count: number): Promise<void> {
			const enough = answers() + count;
			await vi.waitFor(() => {
				if (answers() < enough) throw new Error(`${answers()} of ${enough}`);
			}, 15_000);
		},
		async stop(): Promise<void> {
			clearInterval(bursts);
			reading = false;
			await reads;
			await vi.waitFor(() => {
				for (const { withIds, withoutIds } of rooms)
					for (const { unanswered } of [withIds, withoutIds])
						if (unanswered.length > 0)
							throw new Error(`no answer to ${unanswered}`);
			}, 15_000);
		},
	};
}
