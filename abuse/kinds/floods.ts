/** Frames as fast as the server accepts them. */
import { pingFrame, textFrame } from "../load/frames.ts";
import { flatOut, reopening } from "../load/socket.ts";
import type { Kind, Target } from "./kind.ts";
import { createRoom, sendMessage } from "./rooms.ts";

interface Flood {
	readonly name: string;
	readonly does: string;
	readonly sockets: number;
	/** Number of frames per write. */
	readonly batch: number;
	/** Whether the socket reads nothing. */
	readonly unread?: boolean;
	frame(target: Target, room: string): Promise<Buffer> | Buffer;
}

function flood(of: Flood): Kind {
	return {
		name: of.name,
		does: of.does,
		answers: [101],
		closes: [1009],
		async prepare(target) {
			const { port, token, tally } = target;
			const conversationId = await createRoom(target);
			const frame = await of.frame(target, conversationId);
			const frames = Buffer.concat(
				Array.from({ length: of.batch }, () => frame),
			);
			return () =>
				Promise.all(
					Array.from({ length: of.sockets }, () =>
						reopening({ port, token, conversationId }, tally, (socket) => {
							if (of.unread) socket.socket.pause();
							return flatOut(socket, frames, of.batch, tally);
						}),
					),
				);
		},
	};
}

const chat = (length: number): Buffer =>
	textFrame(JSON.stringify({ type: "chat", content: "x".repeat(length) }));
const typing = (): Buffer => textFrame('{"type":"typing"}');
const read = async (target: Target, room: string): Promise<Buffer> =>
	textFrame(
		JSON.stringify({
			type: "read",
			message_id: await sendMessage(target, room, "x"),
		}),
	);
const ping = (): Buffer => pingFrame("p".repeat(125));

export const FLOODS: readonly Kind[] = (
	[
		[
			"messages-1k",
			"messages of 1 KiB flat out over 1 socket",
			1,
			100,
			() => chat(1000),
		],
		[
			"messages-1k-20",
			"messages of 1 KiB flat out over 20 sockets",
			20,
			10,
			() => chat(1000),
		],
		[
			"messages-1m",
			"messages of 1 MB flat out over 1 socket",
			1,
			1,
			() => chat(1_000_000),
		],
		[
			"messages-1m-20",
			"messages of 1 MB flat out over 20 sockets",
			20,
			1,
			() => chat(1_000_000),
		],
		["typing", "typing flat out over 1 socket", 1, 1000, typing],
		["typing-20", "typing flat out over 20 sockets", 20, 100, typing],
		["read", "read flat out over 1 socket", 1, 200, read],
		["read-20", "read flat out over 20 sockets", 20, 100, read],
		["ping", "pings flat out over 1 socket", 1, 500, ping],
		[
			"ping-unread",
			"pings flat out over 1 socket that reads no pong",
			1,
			500,
			ping,
		],
	] as const
).map(([name, does, sockets, batch, frame]) =>
	flood({ name, does, sockets, batch, frame, unread: name === "ping-unread" }),
);
