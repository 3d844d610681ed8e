/** Compressed frames: small on the wire, large for the server. */
import { compressedFrame, unfinishedFrame } from "../load/frames.ts";
import { pause } from "../load/rest.ts";
import { flatOut, type RawSocket, reopening } from "../load/socket.ts";
import type { Tally } from "../load/tally.ts";
import type { Attack, Kind, Target } from "./kind.ts";
import { createRoom } from "./rooms.ts";

const ANSWERS = [101];
/** Close codes for invalid frames. */
const CLOSES = [1003, 1007, 1009];

const unfinished: Kind = {
	name: "unfinished-messages",
	does: "600 sockets, each with an unfinished compressed message of 1 MB",
	answers: ANSWERS,
	closes: CLOSES,
	shortMs: 2000,
	async prepare(target) {
		const frame = unfinishedFrame(" ".repeat(1_000_000));
		return sockets(target, 600, async (socket) => {
			await socket.write(frame);
			target.tally.count("frames sent");
		});
	},
};

/** About 1 MiB of valid JSON. */
function typingText(): string {
	const [before, after] = ['{"type":"typing","a":[', "0]}"];
	return `${before}${"0,".repeat((1_048_500 - before.length - after.length) / 2)}${after}`;
}

function inflated(perSecond: number | undefined): Kind {
	const rate = perSecond === undefined ? "flat out" : `${perSecond} a second`;
	return {
		name: `inflated-typing${perSecond === undefined ? "" : `-${perSecond}`}`,
		does: `typing frames that inflate to 1 MB over 10 sockets, ${rate} on each`,
		answers: ANSWERS,
		closes: CLOSES,
		async prepare(target) {
			const frame = compressedFrame(typingText());
			return sockets(target, 10, (socket) =>
				perSecond === undefined
					? flatOut(socket, frame, 1, target.tally)
					: paced(socket, frame, perSecond, target.tally),
			);
		},
	};
}

async function paced(
	socket: RawSocket,
	frame: Buffer,
	perSecond: number,
	tally: Tally,
): Promise<void> {
	while (!socket.socket.destroyed) {
		await socket.write(frame);
		tally.count("frames sent");
		await pause(1000 / perSecond);
	}
}

/** Opens a room and sockets with compression in it. */
async function sockets(
	target: Target,
	howMany: number,
	use: (socket: RawSocket) => Promise<void>,
): Promise<Attack> {
	const { port, token, tally } = target;
	const conversationId = await createRoom(target);
	const handshake = { port, token, conversationId, compression: true };
	return () =>
		Promise.all(
			Array.from({ length: howMany }, () => reopening(handshake, tally, use)),
		);
}

export const COMPRESSED: readonly Kind[] = [
	unfinished,
	inflated(20),
	inflated(undefined),
];
