import { LocalBus } from "../../src/bus/local.ts";
import { Doorkeeper, type Identity } from "../../src/chat/authorise.ts";
import { Commands } from "../../src/chat/commands.ts";
import { DeviceCursors } from "../../src/chat/device-cursors.ts";
import { type Cursor, Hub } from "../../src/chat/hub.ts";
import { Inboxes } from "../../src/chat/inbox/inboxes.ts";
import { TokenNames } from "../../src/chat/token-names.ts";
import { Shares } from "../../src/fair/shares.ts";
import { Turns } from "../../src/fair/turns.ts";
import { ChatPeer } from "../../src/gateway/chat-peer.ts";
import { DeliveryProof } from "../../src/gateway/delivery.ts";
import { framing } from "../../src/gateway/framing.ts";
import { InboxPeer } from "../../src/gateway/inbox-peer.ts";
import { Intake } from "../../src/gateway/intake.ts";
import type { PeerContext } from "../../src/gateway/peer.ts";
import { prove } from "../../src/gateway/prove.ts";
import type { SubscriptionContext } from "../../src/gateway/subscriptions.ts";
import { socketFields } from "../../src/gateway/welcome.ts";
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
const SOCKETS = {
	maxMessageBytes: MIB,
	pingIntervalMs: 54_000,
	pongTimeoutMs: 60_000,
};

/** Process of a server: the parts of `compose.ts` without sockets and HTTP. */
export class SimulatedNode {
	readonly own: ProcessTime;
	readonly commands: Commands;
	readonly hub: Hub;
	readonly #time: VirtualTime;
	readonly #doorkeeper: Doorkeeper;
	readonly #context: PeerContext;
	readonly #inboxes: Inboxes;
	readonly #subscriptions: SubscriptionContext;
	readonly #proof: DeliveryProof;
	readonly #cursors: DeviceCursors;
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
		const turns = new Turns(own);
		this.#proof = new DeliveryProof(own);
		this.#cursors = new DeviceCursors(log, commit, own, onError);
		this.#inboxes = new Inboxes(log, bus, turns, own, onError);
		this.hub = new Hub(
			log,
			bus,
			this.#cursors,
			framing,
			ROOMS,
			turns,
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
			onPong: ({ connection }, payload) =>
				this.#proof.pong(connection, payload),
			onClosed: ({ connection }) => this.#proof.remove(connection),
		};
		this.#subscriptions = {
			hub: this.hub,
			doorkeeper: this.#doorkeeper,
			cursors: this.#cursors,
			proof: this.#proof,
			turns,
			now,
			onError,
		};
	}

	/**
	 * Opens a connection for one conversation. Never resolves if the process is killed meanwhile.
	 * @returns undefined if the server refuses the user
	 */
	async connect(
		conversationId: string,
		userId: string,
		cursor: Cursor,
		deviceId: string | undefined,
		isV1: boolean,
	): Promise<SimulatedConnection | undefined> {
		const identity = identityOf(userId);
		const admission = await this.#doorkeeper.admit(
			conversationId,
			identity,
			true,
		);
		if (!admission) return undefined;
		const device = deviceId && { conversationId, userId, deviceId };
		const ticket = await this.hub.reserve(
			conversationId,
			userId,
			admission,
			cursor,
			device || undefined,
			isV1,
		);
		const connection = this.#connection();
		const peer = new ChatPeer(
			(events) => connection.connect(events),
			conversationId,
			identity,
			isV1,
			this.#context,
		);
		const seat = peer.enter(ticket, socketFields(SOCKETS, identity));
		if (device)
			prove(
				this.#proof,
				this.#cursors,
				peer.connection,
				seat,
				device,
				ticket.hasCursor,
			);
		return connection;
	}

	/** Opens a connection for all conversations of a user. Never resolves if the process is killed meanwhile. */
	async connectInbox(userId: string): Promise<SimulatedConnection> {
		const identity = identityOf(userId);
		const inbox = await this.#inboxes.open(userId);
		const connection = this.#connection();
		const peer = new InboxPeer(
			(events) => connection.connect(events),
			identity,
			inbox,
			this.#context,
			this.#subscriptions,
		);
		const { limits, ...fields } = socketFields(SOCKETS, identity);
		inbox.start(peer, {
			...fields,
			limits: { ...limits, maxSubscriptions: 200 },
		});
		return connection;
	}

	/** Ends the process as kill -9 does. */
	kill(): void {
		this.own.kill();
		for (const connection of this.#connections) connection.vanish();
		this.#connections.clear();
	}

	#connection(): SimulatedConnection {
		const connection = new SimulatedConnection(this.#time, this.own, () =>
			this.#connections.delete(connection),
		);
		// The process may have been killed while it admitted the user.
		if (this.own.isAlive) this.#connections.add(connection);
		else connection.vanish();
		return connection;
	}
}

function identityOf(userId: string): Identity {
	return {
		userId,
		admin: false,
		name: undefined,
		issuedAt: undefined,
		expiresAt: 0,
	};
}
