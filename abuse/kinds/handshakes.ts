/** Connections: opened and closed at once, refused, and resumed from the beginning. */
import { randomUUID } from "node:crypto";
import { pause } from "../load/rest.ts";
import { type Handshake, RawSocket, reopening } from "../load/socket.ts";
import type { Kind } from "./kind.ts";
import { createRoom, sendMany } from "./rooms.ts";

/** Maximum number of sockets that an abuser keeps open while it waits for answers. */
const OPEN = 1500;
const TICK_MS = 20;

interface Knocking {
	readonly name: string;
	readonly does: string;
	readonly perSecond: number;
	readonly answers: readonly number[];
	vary(handshake: Handshake): Handshake;
}

function knocking(how: Knocking): Kind {
	return {
		name: how.name,
		does: how.does,
		answers: how.answers,
		async prepare(target) {
			const { port, token, tally } = target;
			const conversationId = await createRoom(target);
			let open = 0;
			const knock = async (): Promise<void> => {
				open++;
				tally.count("handshakes");
				const socket = new RawSocket(
					how.vary({ port, token, conversationId }),
					tally,
				);
				if ((await socket.opened) === 101) socket.leave();
				await socket.ended;
				open--;
			};
			return async () => {
				for (;;) {
					for (let i = 0; i < (how.perSecond * TICK_MS) / 1000; i++)
						if (open < OPEN) void knock();
						else tally.count("held back");
					await pause(TICK_MS);
				}
			};
		},
	};
}

const resumes: Kind = {
	name: "resumes",
	does: "10 resumes from the beginning of a room of 50,000 at once, and again",
	answers: [101],
	async prepare(target) {
		const { port, token, tally, amount } = target;
		const conversationId = await createRoom(target);
		const messages = amount(50_000, 2000);
		await sendMany(target, conversationId, messages);
		const whole = messages * 300;
		return () =>
			Promise.all(
				Array.from({ length: 10 }, () =>
					reopening(
						{ port, token, conversationId, query: "&after_seq=0" },
						tally,
						async (socket) => {
							while (!socket.socket.destroyed && socket.bytes < whole)
								await pause(10);
							tally.count("resumes");
							socket.socket.destroy();
						},
					),
				),
			);
	},
};

export const HANDSHAKES: readonly Kind[] = [
	knocking({
		name: "handshakes",
		does: "500 handshakes a second, each left at once",
		perSecond: 500,
		answers: [101],
		vary: (handshake) => handshake,
	}),
	knocking({
		name: "handshakes-devices",
		does: "500 handshakes a second, each with a new device_id",
		perSecond: 500,
		answers: [101],
		vary: (handshake) => ({
			...handshake,
			query: `&device_id=${randomUUID()}`,
		}),
	}),
	knocking({
		name: "handshakes-invalid",
		does: "2,000 handshakes a second with a forged token",
		perSecond: 2000,
		answers: [401],
		vary: (handshake) => ({
			...handshake,
			token: `${handshake.token.slice(0, -4)}aaaa`,
		}),
	}),
	resumes,
];
