import { LocalBus } from "../../src/bus/local.ts";
import { Doorkeeper, type Identity } from "../../src/chat/authorise.ts";
import { Commands } from "../../src/chat/commands.ts";
import { DeviceCursors } from "../../src/chat/device-cursors.ts";
import { type Cursor, Hub } from "../../src/chat/hub.ts";
import { TokenNames } from "../../src/chat/token-names.ts";
import { Shares } from "../../src/fair/shares.ts";
import { Turns } from "../../src/fair/turns.ts";
import type { Connection } from "../../src/gateway/connection.ts";
import { Intake } from "../../src/gateway/intake.ts";
import { Peer, type PeerContext } from "../../src/gateway/peer.ts";
import { GroupCommit } from "../../src/log/group-commit.ts";
import { SimulatedConnection } from "./connection.ts";
import {
	type DiskState,
	openLog,
	type SimulatedDisk,
} from "./simulated-log.ts";
import { ProcessTime, type VirtualTime } from "./virtual-time.ts";

const MIB = 1024 * 1024;
const LIMITS = {
	maxParticipants: 100,
	maxUnansweredAdditions: 100,
	whoPins: "participants",
} as const;
const ROOMS = { presenceGraceMs: 300, presenceBroadcastUsers: 1000 };
const FRAMING = {
	frame: (json: string) => Buffer.from(`${json}\n`),
	compact: (frame: Uint8Array) => frame,
};

/** Process of a server: the parts of `compose.ts` without sockets and HTTP. */
export class SimulatedNode {
	readonly own: ProcessTime;
	readonly commands: Commands;
	readonly hub: Hub;
	readonly #time: VirtualTime;
	readonly #doorkeeper: Doorkeeper;
	readonly #context: PeerContext;
	readonly #connections = new Set<SimulatedConnection>();

	/** @param onError receives errors that no client caused */
	constructor(
		disk: SimulatedDisk,
		state: DiskState,
		time: VirtualTime,
		onError: (error: unknown) => void,
	) {
		const own = new ProcessTime(time);
		const now = (): number => own.now();
		const log = openLog(disk, state, time, own);
		const bus = new LocalBus(onError);
		const commit = new GroupCommit(
			own,
			log,
			(entries) =>
				bus.publish(entries[0].conversationId, { kind: "entries", entries }),
			onError,
		);
		this.own = own;
		this.#time = time;
		this.commands = new Commands(commit, bus, LIMITS, own, onError);
		const names = new TokenNames(log, this.commands, now);
		this.hub = new Hub(
			log,
			bus,
			new DeviceCursors(log, commit, own, onError),
			FRAMING,
			ROOMS,
			new Turns(own),
			own,
			onError,
		);
		this.#doorkeeper = new Doorkeeper(log, this.commands, names, "members");
		this.#context = {
			commands: this.commands,
			verify: () => Promise.reject(new Error("no client renews its token")),
			names,
			now,
			intake: new Intake(new Shares(16 * MIB), 8 * MIB),
			onRefused: () => {},
			onError,
		};
	}

	/**
	 * Opens a connection. Never resolves if the process is killed meanwhile.
	 * @returns undefined if the server refuses the user
	 */
	async connect(
		conversationId: string,
		userId: string,
		cursor: Cursor,
		isV1: boolean,
	): Promise<SimulatedConnection | undefined> {
		const identity: Identity = {
			userId,
			admin: false,
			name: undefined,
			issuedAt: undefined,
			expiresAt: Number.MAX_SAFE_INTEGER,
		};
		const admission = await this.#doorkeeper.admit(
			conversationId,
			identity,
			true,
		);
		if (!admission) return undefined;
		const ticket = await this.hub.reserve(
			conversationId,
			userId,
			admission,
			cursor,
			undefined,
			isV1,
		);
		const connection = new SimulatedConnection(
			userId,
			isV1,
			this.#time,
			this.own,
			() => this.#connections.delete(connection),
		);
		this.#connections.add(connection);
		const peer = new Peer(
			connection as unknown as Connection,
			conversationId,
			identity,
			isV1,
			this.#context,
		);
		connection.attach(peer);
		peer.take(
			ticket.enter(
				connection,
				isV1
					? {
							limits: {
								maxMessageBytes: MIB,
								maxMetadataBytes: MIB,
								maxDepth: 16,
								maxMessageTypeLength: 64,
							},
							intervals: { pingMs: 54_000, pongTimeoutMs: 60_000 },
							expiresAt: new Date(0).toISOString(),
						}
					: undefined,
			),
		);
		return connection;
	}

	/** Ends the process as kill -9 does. */
	kill(): void {
		this.own.kill();
		for (const connection of this.#connections) connection.vanish();
		this.#connections.clear();
	}
}
