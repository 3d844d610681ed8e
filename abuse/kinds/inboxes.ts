/** Connections for all conversations of a user: opened, subscribed and used without end. */
import { textFrame } from "../load/frames.ts";
import { pause } from "../load/rest.ts";
import { flatOut, RawSocket, reopening } from "../load/socket.ts";
import type { Attack, Kind, Target } from "./kind.ts";
import { createRooms, sendToEach } from "./rooms.ts";

/** Maximum number of subscriptions that the server allows per connection. */
const SUBSCRIPTIONS = 200;
const SOCKETS = 200;
const ANSWERS = [101];

/** Frames for many conversations, in one buffer. */
function framesFor(
	conversationIds: readonly string[],
	...kinds: readonly object[]
): Buffer {
	return Buffer.concat(
		conversationIds.flatMap((conversation_id) =>
			kinds.map((kind) =>
				textFrame(JSON.stringify({ ...kind, conversation_id })),
			),
		),
	);
}

const SUBSCRIBE = { type: "subscribe", after_seq: 0 };
const UNSUBSCRIBE = { type: "unsubscribe" };

/** Creates the abuser's conversations, the last 200 with a message of this many characters. */
async function rooms(
	target: Target,
	howMany: number,
	length: number,
): Promise<string[]> {
	const ids = await createRooms(target, howMany, { participant_ids: [] });
	await sendToEach(target, ids.slice(-SUBSCRIPTIONS), "x".repeat(length));
	return ids;
}

const opens: Kind = {
	name: "inbox-opens",
	does: `${SOCKETS} inboxes of a user with 5,000 rooms at once, each left after its first frame, and again`,
	answers: ANSWERS,
	async prepare(target) {
		const { port, token, tally, amount } = target;
		await rooms(target, amount(5000, 250), 3000);
		const open = async (): Promise<never> => {
			for (;;) {
				const socket = new RawSocket({ port, token }, tally);
				if ((await socket.opened) === 101) socket.leave();
				await socket.ended;
				await pause(1);
			}
		};
		return () => Promise.all(Array.from({ length: SOCKETS }, open));
	},
};

const unread: Kind = {
	name: "inbox-unread",
	does: "1,000 inboxes of a user with rows of 3,000 bytes, which read nothing",
	answers: ANSWERS,
	shortMs: 2000,
	async prepare(target) {
		const { port, token, tally } = target;
		await rooms(target, SUBSCRIPTIONS, 3000);
		return () =>
			Promise.all(
				Array.from({ length: 1000 }, () =>
					reopening({ port, token }, tally, ({ socket }) => {
						socket.pause();
					}),
				),
			);
	},
};

interface Subscribing {
	readonly name: string;
	readonly does: string;
	readonly sockets: number;
	/** Length of the message in each conversation. */
	readonly length: number;
	use(
		socket: RawSocket,
		conversationIds: readonly string[],
		target: Target,
	): Promise<void>;
}

function subscribing(how: Subscribing): Kind {
	return {
		name: how.name,
		does: how.does,
		answers: ANSWERS,
		shortMs: 1000,
		async prepare(target): Promise<Attack> {
			const { port, token, tally, amount } = target;
			const howMany = amount(SUBSCRIPTIONS, how.length > 10_000 ? 20 : 200);
			const ids = await rooms(target, howMany, how.length);
			return () =>
				Promise.all(
					Array.from({ length: how.sockets }, () =>
						reopening({ port, token }, tally, (socket) =>
							how.use(socket, ids, target),
						),
					),
				);
		},
	};
}

const subscribes = (sockets: number): Kind =>
	subscribing({
		name: sockets === 1 ? "subscribes" : `subscribes-${sockets}`,
		does: `subscribe from the beginning and unsubscribe flat out for 200 rooms over ${sockets} socket${sockets === 1 ? "" : "s"}`,
		sockets,
		length: 1000,
		use: (socket, ids, { tally }) =>
			flatOut(
				socket,
				framesFor(ids, SUBSCRIBE, UNSUBSCRIBE),
				2 * ids.length,
				tally,
			),
	});

const largeUnread = subscribing({
	name: "subscribed-unread",
	does: "20 sockets that subscribe to 200 rooms with a message of 1 MB each and read nothing",
	sockets: 20,
	length: 1_000_000,
	async use({ socket, ...rest }, ids) {
		socket.pause();
		socket.write(framesFor(ids, SUBSCRIBE));
		await rest.ended;
	},
});

/** Frames for many conversations over one connection without a subscription. */
function spread(name: string, does: string, frame: object): Kind {
	return {
		name,
		does,
		answers: ANSWERS,
		async prepare(target) {
			const { port, token, tally, amount } = target;
			const ids = await rooms(target, amount(5000, 250), 10);
			const frames = framesFor(ids, frame);
			return () =>
				reopening({ port, token }, tally, (socket) =>
					flatOut(socket, frames, ids.length, tally),
				);
		},
	};
}

export const INBOXES: readonly Kind[] = [
	opens,
	unread,
	subscribes(1),
	subscribes(20),
	largeUnread,
	spread(
		"spread-messages",
		"messages flat out to 5,000 rooms in turn over 1 inbox",
		{ type: "chat", content: "x" },
	),
	spread(
		"spread-typing",
		"typing flat out in 5,000 rooms without a subscription over 1 inbox",
		{ type: "typing" },
	),
];
