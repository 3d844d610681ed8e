/** History pages: pipelined, unread, small and large. */
import { loops, pause, pipeline, requestText, unread } from "../load/rest.ts";
import type { Kind, Target } from "./kind.ts";
import { createRoom, sendMany, sendMessage } from "./rooms.ts";

/** Requests that fill the 64 KiB which a server reads at once. */
const PIPELINED = 240;
const READ_OK = [200];

/** Creates a room with some messages of a length. Returns the request for a page of it. */
async function pageOf(
	target: Target,
	messages: number,
	length: number,
): Promise<string> {
	const room = await createRoom(target);
	for (let i = 0; i < messages; i++)
		await sendMessage(target, room, "x".repeat(length));
	return pageText(target, room);
}

function pageText({ token }: Target, room: string): string {
	const path = `/v1/conversations/${room}/messages?limit=100`;
	return requestText({ method: "GET", path }, token);
}

function pipelined(connections: number, reads: boolean): Kind {
	const how = reads ? "read" : "unread";
	return {
		name: `pipeline-${connections}-${how}`,
		does: `${PIPELINED} page requests at once on ${connections} connection${connections === 1 ? "" : "s"} over five messages of 1 MB, ${how}`,
		answers: READ_OK,
		async prepare(target) {
			const { port, tally } = target;
			const text = await pageOf(target, 5, 1_000_000);
			return () =>
				Promise.all(
					Array.from({ length: connections }, () =>
						reads
							? pipeline(port, tally, text, PIPELINED)
							: unread(port, tally, text.repeat(PIPELINED)),
					),
				);
		},
	};
}

const unreadAnswers: Kind = {
	name: "unread-answers",
	does: "100 connections that each ask for a page of 4 MB and read nothing",
	answers: READ_OK,
	shortMs: 2000,
	async prepare(target) {
		const { port, tally, amount } = target;
		const text = await pageOf(target, 5, 1_000_000);
		return async () => {
			for (let i = 0; i < 100; i++) {
				void unread(port, tally, text);
				// Pause, so that the server answers each request. It does little else meanwhile.
				await pause(amount(40, 4));
			}
		};
	},
};

const small: Kind = {
	name: "pages-small",
	does: "pages of 100 short messages in a loop over 20 connections",
	answers: READ_OK,
	async prepare(target) {
		const room = await createRoom(target);
		await sendMany(target, room, target.amount(1000, 200));
		const text = pageText(target, room);
		return () => loops(20, target.port, target.tally, () => text);
	},
};

const large: Kind = {
	name: "pages-large",
	does: "pages of messages of 900 kB in a loop over 20 connections",
	answers: READ_OK,
	async prepare(target) {
		const text = await pageOf(target, target.amount(20, 5), 900_000);
		return () => loops(20, target.port, target.tally, () => text);
	},
};

export const PAGES: readonly Kind[] = [
	pipelined(1, false),
	pipelined(1, true),
	pipelined(5, false),
	pipelined(5, true),
	unreadAnswers,
	small,
	large,
];
