import { randomBytes } from "node:crypto";

/** Connection whose peer answers pings. */
export interface ProvingConnection {
	/** Sends a ping after everything written so far. The pong must echo its payload (RFC 6455, section 5.5.3). */
	pingWith(nonce: Buffer): void;
}

/** Seat of a device. Its connection can prove which entries the device has received. */
export interface ProvingSeat {
	/** `seq` of the newest entry written to the seat. */
	readonly writtenSeq: number;
	/** Reports that the device has received every entry up to `seq`. */
	proved(seq: number): void;
}

interface Watch {
	readonly connection: ProvingConnection;
	/** Seats that prove, with the `seq` of the newest entry that a ping covers. */
	readonly seats: Map<ProvingSeat, number>;
	/** Pings without a pong, oldest first, with the position of each seat that they prove. */
	readonly outstanding: {
		readonly nonce: Buffer;
		readonly positions: readonly (readonly [ProvingSeat, number])[];
	}[];
}

interface Owner {
	readonly connection: ProvingConnection;
	readonly seat: ProvingSeat;
}

/** Minimum time in milliseconds between two pings that follow deliveries or the opening. */
const PING_EVERY_MS = 1000;
/** Number of turns over which the pings of all connections are spread, so that they do not all fall at once. */
const SLOTS = 20;
/** Maximum number of unanswered pings per connection. A peer that answers none receives no more. */
const MAX_OUTSTANDING = 16;
const NONCE_BYTES = 8;

/**
 * Determines which entries devices have received, without any code on the devices. Every WebSocket endpoint echoes a
 * ping's payload, so a pong proves that everything written before its ping has arrived, in each seat of its connection.
 * If a device has several seats in a conversation, only the newest counts.
 */
export class DeliveryProof {
	readonly #watches = new Map<ProvingConnection, Watch>();
	readonly #slots: Set<Watch>[] = Array.from(
		{ length: SLOTS },
		() => new Set(),
	);
	readonly #owners = new Map<string, Owner>();
	readonly #devices = new Map<ProvingSeat, string>();
	#timer: NodeJS.Timeout | undefined;
	#turn = 0;
	#added = 0;

	/**
	 * @param device device and conversation of the seat
	 * @param provesOpening whether the client already has every entry before the seat's first, so that its arrival proves
	 * their receipt
	 */
	add(
		connection: ProvingConnection,
		seat: ProvingSeat,
		device: string,
		provesOpening: boolean,
	): void {
		const older = this.#owners.get(device);
		if (older) this.removeSeat(older.connection, older.seat);
		this.#owners.set(device, { connection, seat });
		this.#devices.set(seat, device);
		this.#watch(connection).seats.set(
			seat,
			provesOpening ? 0 : seat.writtenSeq,
		);
		this.#timer ??= setInterval(() => this.#next(), PING_EVERY_MS / SLOTS);
	}

	/** Stops proving for one seat. Later pongs prove nothing for it. */
	removeSeat(connection: ProvingConnection, seat: ProvingSeat): void {
		const watch = this.#watches.get(connection);
		if (!watch?.seats.delete(seat)) return;
		this.#forget(seat);
		if (watch.seats.size === 0) this.#end(watch);
	}

	/** Stops proving for all seats of a connection. */
	remove(connection: ProvingConnection): void {
		const watch = this.#watches.get(connection);
		if (!watch) return;
		for (const seat of watch.seats.keys()) this.#forget(seat);
		this.#end(watch);
	}

	/** Handles a pong. A pong that matches no outstanding ping proves nothing. */
	pong(connection: ProvingConnection, payload: Buffer): void {
		const watch = this.#watches.get(connection);
		const at =
			watch?.outstanding.findIndex(({ nonce }) => nonce.equals(payload)) ?? -1;
		if (!watch || at < 0) return;
		// A pong may also answer the pings before its own (RFC 6455, section 5.5.3).
		const proven = new Map(
			watch.outstanding.splice(0, at + 1).flatMap(({ positions }) => positions),
		);
		for (const [seat, seq] of proven)
			if (watch.seats.has(seat)) seat.proved(seq);
	}

	#watch(connection: ProvingConnection): Watch {
		let watch = this.#watches.get(connection);
		if (!watch) {
			watch = { connection, seats: new Map(), outstanding: [] };
			this.#watches.set(connection, watch);
			this.#slots[this.#added++ % SLOTS]?.add(watch);
		}
		return watch;
	}

	#forget(seat: ProvingSeat): void {
		const device = this.#devices.get(seat) ?? "";
		this.#devices.delete(seat);
		if (this.#owners.get(device)?.seat === seat) this.#owners.delete(device);
	}

	#end(watch: Watch): void {
		this.#watches.delete(watch.connection);
		for (const slot of this.#slots) slot.delete(watch);
		if (this.#watches.size > 0) return;
		clearInterval(this.#timer);
		this.#timer = undefined;
	}

	#next(): void {
		for (const { connection, seats, outstanding } of this.#slots[
			this.#turn++ % SLOTS
		] ?? []) {
			if (outstanding.length >= MAX_OUTSTANDING) continue;
			const positions: [ProvingSeat, number][] = [];
			for (const [seat, pingedSeq] of seats) {
				const seq = seat.writtenSeq;
				if (seq <= pingedSeq) continue;
				seats.set(seat, seq);
				positions.push([seat, seq]);
			}
			if (positions.length === 0) continue;
			const nonce = randomBytes(NONCE_BYTES);
			outstanding.push({ nonce, positions });
			connection.pingWith(nonce);
		}
	}
}
