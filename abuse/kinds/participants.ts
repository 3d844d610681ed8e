/** Conversations with very many participants. */
import { randomUUID } from "node:crypto";
import { loops, requestText } from "../load/rest.ts";
import { RawSocket } from "../load/socket.ts";
import { Tally } from "../load/tally.ts";
import { createToken } from "../load/token.ts";
import type { Kind, Target } from "./kind.ts";
import { addParticipants, createRoom, IDS_PER_REQUEST } from "./rooms.ts";

const MANY = 100_000;
const FEW = 3000;

async function crowd(
	target: Target,
): Promise<{ room: string; members: string[] }> {
	const room = await createRoom(target);
	const members = await addParticipants(target, room, target.amount(MANY, FEW));
	return { room, members };
}

const deletes: Kind = {
	name: "deletes",
	does: "1,000 removals at once, and again, in a room of 100,000",
	answers: [204],
	async prepare(target) {
		const { room, members } = await crowd(target);
		const next = (): string | undefined => {
			const member = members.pop();
			return (
				member &&
				requestText(
					{
						method: "DELETE",
						path: `/v1/conversations/${room}/participants/${member}`,
					},
					target.token,
				)
			);
		};
		return () =>
			loops(target.amount(1000, 50), target.port, target.tally, next);
	},
};

const get: Kind = {
	name: "get-conversation",
	does: "GET of a conversation of 100,000 participants in a loop over 4 connections",
	answers: [200],
	async prepare(target) {
		const { room } = await crowd(target);
		const text = requestText(
			{ method: "GET", path: `/v1/conversations/${room}` },
			target.token,
		);
		return () => loops(4, target.port, target.tally, () => text);
	},
};

const add: Kind = {
	name: "add-participants",
	does: "adding participants, each request one more, to a room of 100,000 over 4 connections",
	// 400 and 409: a server may bound how many there are.
	answers: [200, 201, 204, 400, 403, 409],
	async prepare(target) {
		const { room } = await crowd(target);
		return () =>
			loops(4, target.port, target.tally, () =>
				requestText(
					{
						method: "POST",
						path: `/v1/conversations/${room}/participants`,
						body: JSON.stringify({ participant_ids: [randomUUID()] }),
					},
					target.token,
				),
			);
	},
};

const receipts: Kind = {
	name: "get-receipts",
	does: "receipts of 10,000 participants with 2 devices each in a loop over 4 connections",
	answers: [200],
	async prepare(target) {
		const room = await createRoom(target);
		const members = await addParticipants(
			target,
			room,
			target.amount(10_000, 300),
		);
		await connectDevices(target, room, members);
		const text = requestText(
			{ method: "GET", path: `/v1/conversations/${room}/receipts` },
			target.token,
		);
		return () => loops(4, target.port, target.tally, () => text);
	},
};

/** Connects each member with two devices, some at a time, so that the server knows the devices. */
async function connectDevices(
	{ port }: Target,
	conversationId: string,
	members: readonly string[],
): Promise<void> {
	const queue = members.flatMap((member) => [member, member]);
	const tally = new Tally();
	const work = async (): Promise<void> => {
		for (let member = queue.pop(); member; member = queue.pop()) {
			const socket = new RawSocket(
				{
					port,
					conversationId,
					token: createToken(member),
					query: `&device_id=${randomUUID()}`,
				},
				tally,
			);
			await socket.opened;
			socket.leave();
			await socket.ended;
		}
	};
	await Promise.all(Array.from({ length: 20 }, work));
}

const creates: Kind = {
	name: "creates",
	does: "300 conversations of 1,000 participants at once, and again",
	answers: [201],
	shortMs: 1500,
	async prepare({ port, tally, token }) {
		const body = JSON.stringify({
			participant_ids: Array.from({ length: IDS_PER_REQUEST }, () =>
				randomUUID(),
			),
		});
		const text = requestText(
			{ method: "POST", path: "/v1/conversations", body },
			token,
		);
		return () => loops(300, port, tally, () => text);
	},
};

export const PARTICIPANTS: readonly Kind[] = [
	deletes,
	get,
	add,
	receipts,
	creates,
];
