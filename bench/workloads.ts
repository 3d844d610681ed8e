/** Workloads by their letters. A run returns figures per server or per variant. */
import type { PeerName } from "./peers.ts";
import { type BroadcastSpec, broadcast } from "./workloads/broadcast.ts";
import { history } from "./workloads/history.ts";
import { idle, reconnect } from "./workloads/idle.ts";

export type Figures = Readonly<Record<string, number>>;

export interface Workload {
	readonly title: string;
	/** Number of measurements per subject. Default: five. */
	readonly runs?: number;
	/** Compared subjects, in the order of their turns. */
	subjects(scale: Scale): readonly string[];
	/** Prepares the workload. Returns the function that measures one subject once. */
	prepare(scale: Scale): Promise<Prepared>;
}

interface Prepared {
	run(subject: string): Promise<Figures>;
	stop(): Promise<void>;
}

/** Scale of a run. `smoke` is for CI: it needs no installed peers and only shows that every workload runs. */
export type Scale = "full" | "quick" | "smoke";

const ALL: readonly PeerName[] = [
	"secureconnect",
	"floor",
	"bun",
	"ws",
	"socket.io",
];
const QUICK: readonly PeerName[] = ["secureconnect", "floor", "socket.io"];
const SMOKE: readonly PeerName[] = ["secureconnect", "floor"];

function peersOf(scale: Scale): readonly PeerName[] {
	return { full: ALL, quick: QUICK, smoke: SMOKE }[scale];
}

const TIMING = {
	full: { warmUpSeconds: 1.5, seconds: 4 },
	quick: { warmUpSeconds: 1, seconds: 2 },
	smoke: { warmUpSeconds: 0.1, seconds: 0.3 },
};

/** Number of messages that each sender keeps in flight in saturated workloads. */
const IN_FLIGHT = 8;

function broadcasting(title: string, spec: BroadcastSpec): Workload {
	return {
		title,
		subjects: peersOf,
		prepare: async (scale) => ({
			run: async (peer) => ({
				...(await broadcast(
					peer as PeerName,
					scale === "smoke" ? { ...spec, ...smaller(spec) } : spec,
					TIMING[scale],
				)),
			}),
			stop: async () => {},
		}),
	};
}

function smaller({ rooms, size, load }: BroadcastSpec): Partial<BroadcastSpec> {
	return {
		rooms: Math.min(rooms, 5),
		size: Math.min(size, 20),
		load:
			"perSecond" in load
				? { perSecond: Math.min(load.perSecond, 100) }
				: { senders: Math.min(load.senders, 2), window: load.window },
	};
}

function idling(
	title: string,
	connections: number,
	measure: typeof idle | typeof reconnect,
): Workload {
	return {
		title,
		subjects: (scale) =>
			scale === "quick"
				? ["secureconnect", "ws"]
				: scale === "full"
					? ["as deployed", ...ALL]
					: peersOf(scale),
		prepare: async (scale) => ({
			run: async (peer) => ({
				...(await measure(peer as PeerName, {
					connections: {
						full: connections,
						quick: connections / 5,
						smoke: 50,
					}[scale],
					roomSize: 10,
				})),
			}),
			stop: async () => {},
		}),
	};
}

const COMPRESSIBLE = 16 * 1024;
const RECEIVERS = { full: [10, 100, 400], quick: [10, 100], smoke: [5] };

/** One room, messages of 16 KiB. `compressed to 100` is this server with permessage-deflate and 100 receivers. */
const compressing: Workload = {
	title: "16 KiB messages to one room, 20 a second",
	subjects: (scale) =>
		RECEIVERS[scale].flatMap((count) => [
			`plain to ${count}`,
			`compressed to ${count}`,
		]),
	prepare: async (scale) => ({
		run: async (subject) => ({
			...(await broadcast(
				"secureconnect",
				{
					rooms: 1,
					size: Number(subject.split(" ").at(-1)),
					load: { perSecond: 20 },
					words: COMPRESSIBLE,
					deflate: subject.startsWith("compressed"),
				},
				TIMING[scale],
			)),
		}),
		stop: async () => {},
	}),
};

/** Compares the same room with and without a feature that should cost other users little or nothing. */
function comparing(
	title: string,
	runs: number,
	spec: BroadcastSpec,
	variants: Readonly<Record<string, Partial<BroadcastSpec>>>,
): Workload {
	return {
		title,
		runs,
		subjects: () => Object.keys(variants),
		prepare: async (scale) => ({
			run: async (subject) => ({
				...(await broadcast(
					"secureconnect",
					{
						...(scale === "smoke" ? { ...spec, ...smaller(spec) } : spec),
						...variants[subject],
					},
					TIMING[scale],
				)),
			}),
			stop: async () => {},
		}),
	};
}

const ROOM_OF_1000: BroadcastSpec = {
	rooms: 1,
	size: 1000,
	load: { perSecond: 200 },
};

const paging: Workload = {
	title: "CPU per page of 50, of a short and a very long conversation",
	subjects: () => ["secureconnect"],
	prepare: async (scale) => {
		const { measure, stop } = await history({
			short: 1000,
			long: { full: 1_000_000, quick: 50_000, smoke: 2000 }[scale],
			pages: { full: 2000, quick: 500, smoke: 4 }[scale],
		});
		await measure();
		return { run: async () => ({ ...(await measure()) }), stop };
	},
};

export const WORKLOADS: Readonly<Record<string, Workload>> = {
	a: idling("10,000 idle connections, rooms of 10", 10_000, idle),
	b: broadcasting("one room of 1,000, 200 messages/s", ROOM_OF_1000),
	c: broadcasting("one room of 1,000, saturated", {
		rooms: 1,
		size: 1000,
		load: { senders: 32, window: IN_FLIGHT },
	}),
	d: broadcasting("100 rooms of 10, 2,000 messages/s in all", {
		rooms: 100,
		size: 10,
		load: { perSecond: 2000 },
	}),
	e: broadcasting("100 rooms of 10, saturated", {
		rooms: 100,
		size: 10,
		load: { senders: 2, window: IN_FLIGHT },
	}),
	f: broadcasting("1,000 rooms of 2, saturated", {
		rooms: 1000,
		size: 2,
		load: { senders: 1, window: IN_FLIGHT },
	}),
	g: idling("5,000 connections dropped and back at once", 5000, reconnect),
	h: paging,
	i: comparing(
		"(b) with and without one more reader, who has stopped reading",
		10,
		ROOM_OF_1000,
		{ alone: {}, "beside a stalled reader": { stalled: true } },
	),
	j: compressing,
	k: comparing("(b) with and without delivery cursors", 5, ROOM_OF_1000, {
		"without cursors": {},
		"with cursors": { devices: true },
	}),
	m: broadcasting("one room of 1,000, 100 reactions/s on ten messages", {
		rooms: 1,
		size: 1000,
		load: { perSecond: 100 },
		reactedTo: 10,
	}),
};
