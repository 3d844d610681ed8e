/** Measures idle connections: cost to open, cost to keep, and time until all lost connections are back. */
import type { LoadClient } from "../load/client.ts";
import {
	newUser,
	type PeerName,
	type Running,
	startPeer,
	type User,
} from "../peers.ts";

export interface IdleSpec {
	readonly connections: number;
	readonly roomSize: number;
}

export interface IdleResult {
	readonly rssKiBPerConnection: number;
	readonly cpuMicrosPerAccept: number;
	readonly acceptedPerSecond: number;
}

export interface ReconnectResult {
	/** Time from the first attempt to the answer of the last handshake. */
	readonly allBackMs: number;
	readonly cpuMicrosPerAccept: number;
}

const CONNECTING_AT_ONCE = 50;
/** Number of connections opened and closed before the measurement, so that code is compiled and the heap has grown. */
const WARM_UP_CONNECTIONS = 1000;

/** Opens each connection for a new user, in existing rooms. */
export async function idle(
	peer: PeerName,
	{ connections, roomSize }: IdleSpec,
): Promise<IdleResult> {
	const users = usersOf(connections + WARM_UP_CONNECTIONS);
	const server = await started(peer, users, roomSize);
	const clients: LoadClient[] = [];
	try {
		const warm = await openAll(
			server,
			users.slice(connections),
			connections / roomSize,
			roomSize,
		);
		await closeAll(warm);
		await settled(server);
		const before = {
			cpu: server.process.cpuMicros(),
			rss: server.process.rssKiB(),
		};
		const began = performance.now();
		clients.push(
			...(await openAll(server, users.slice(0, connections), 0, roomSize)),
		);
		const seconds = (performance.now() - began) / 1000;
		await settled(server);
		return {
			rssKiBPerConnection: (server.process.rssKiB() - before.rss) / connections,
			cpuMicrosPerAccept:
				(server.process.cpuMicros() - before.cpu) / connections,
			acceptedPerSecond: connections / seconds,
		};
	} finally {
		for (const client of clients) client.socket.destroy();
		await server.stop();
	}
}

/** Cuts all connections at once and lets all reconnect at once. */
export async function reconnect(
	peer: PeerName,
	{ connections, roomSize }: IdleSpec,
): Promise<ReconnectResult> {
	const users = usersOf(connections);
	const server = await started(peer, users, roomSize);
	const clients: LoadClient[] = [];
	try {
		await closeAll(await openAll(server, users, 0, roomSize));
		const before = server.process.cpuMicros();
		const began = performance.now();
		clients.push(
			...(await Promise.all(
				users.map((user, i) => server.open(Math.floor(i / roomSize), user)),
			)),
		);
		const allBackMs = performance.now() - began;
		return {
			allBackMs,
			cpuMicrosPerAccept: (server.process.cpuMicros() - before) / connections,
		};
	} finally {
		for (const client of clients) client.socket.destroy();
		await server.stop();
	}
}

function usersOf(count: number): readonly User[] {
	return Array.from({ length: count }, newUser);
}

async function started(
	peer: PeerName,
	users: readonly User[],
	roomSize: number,
): Promise<Running> {
	const server = await startPeer(peer, {
		members: (room) => users.slice(room * roomSize, (room + 1) * roomSize),
	});
	for (let room = 0; room * roomSize < users.length; room++)
		await server.prepare(room);
	return server;
}

async function openAll(
	server: Running,
	users: readonly User[],
	firstRoom: number,
	roomSize: number,
): Promise<LoadClient[]> {
	const clients: LoadClient[] = [];
	for (let from = 0; from < users.length; from += CONNECTING_AT_ONCE)
		clients.push(
			...(await Promise.all(
				users
					.slice(from, from + CONNECTING_AT_ONCE)
					.map((user, i) =>
						server.open(firstRoom + Math.floor((from + i) / roomSize), user),
					),
			)),
		);
	return clients;
}

async function closeAll(clients: readonly LoadClient[]): Promise<void> {
	await Promise.all(
		clients.map(
			({ socket }) =>
				new Promise((resolve) => {
					socket.once("close", resolve);
					socket.destroy();
				}),
		),
	);
}

/** Waits until the server has been idle for half a second. */
async function settled({ process }: Running): Promise<void> {
	for (let last = -1; last !== process.cpuMicros(); ) {
		last = process.cpuMicros();
		await new Promise((resolve) => setTimeout(resolve, 500));
	}
}
