import { randomBytes } from "node:crypto";

/** Connection that can prove which entries its peer has received. */
export interface ProvingConnection {
	/** `seq` of the newest entry written to the connection. */
	readonly writtenSeq: number;
	/** Sends a ping after everything written so far. The pong must echo its payload (RFC 6455, section 5.5.3). */
	pingWith(nonce: Buffer): void;
	/** Reports that the peer has received every entry up to `seq`. */
	proved(seq: number): void;
}

interface Watch {
	readonly connection: ProvingConnection;
	readonly device: string;
	/** `seq` of the newest entry that a ping covers. */
	pingedSeq: number;
	/** Pings without a pong, oldest first. */
	readonly outstanding: { readonly nonce: Buffer; readonly seq: number }[];
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
 * ping's payload, so a pong proves that everything written before its ping has arrived. If a device has several
 * connections, only the newest counts.
 */
export class DeliveryProof {
	readonly #watches = new Map<ProvingConnection, Watch>();
	readonly #slots: Set<Watch>[] = Array.from(
		{ length: SLOTS },
		() => new Set(),
	);
	readonly #owners = new Map<string, Watch>();
	#timer: NodeJS.Timeout | undefined;
	#turn = 0;
	#added = 0;

	/**
	 * @param device device and conversation of the connection
	 * @param provesOpening whether the client already has every entry before the connection's first, so that its arrival
	 * proves their receipt
	 */
	add(
		connection: ProvingConnection,
		device: string,
		provesOpening: boolean,
	): void {
		const older = this.#owners.get(device);
		if (older) this.remove(older.connection);
		const watch: Watch = {
			connection,
			device,
			pingedSeq: provesOpening ? 0 : connection.writtenSeq,
			outstanding: [],
		};
		this.#watches.set(connection, watch);
		this.#owners.set(device, watch);
		this.#slots[this.#added++ % SLOTS]?.add(watch);
		this.#timer ??= setInterval(() => this.#next(), PING_EVERY_MS / SLOTS);
	}

	remove(connection: ProvingConnection): void {
		const watch = this.#watches.get(connection);
		if (!watch) return;
		this.#watches.delete(connection);
		for (const slot of this.#slots) slot.delete(watch);
		if (this.#owners.get(watch.device) === watch)
			this.#owners.delete(watch.device);
		if (this.#watches.size > 0) return;
		clearInterval(this.#timer);
		this.#timer = undefined;
	}

	/** Handles a pong. A pong that matches no outstanding ping proves nothing. */
	pong(connection: ProvingConnection, payload: Buffer): void {
		const watch = this.#watches.get(connection);
		const at =
			watch?.outstanding.findIndex(({ nonce }) => nonce.equals(payload)) ?? -1;
		if (!watch || at < 0) return;
		// A pong may also answer the pings before its own (RFC 6455, section 5.5.3).
		const proven = watch.outstanding.splice(0, at + 1).at(-1);
		if (proven) connection.proved(proven.seq);
	}

	#next(): void {
		for (const watch of this.#slots[this.#turn++ % SLOTS] ?? []) {
			const { connection, outstanding } = watch;
			const seq = connection.writtenSeq;
			if (seq <= watch.pingedSeq || outstanding.length >= MAX_OUTSTANDING)
				continue;
			watch.pingedSeq = seq;
			const nonce = randomBytes(NONCE_BYTES);
			outstanding.push({ nonce, seq });
			connection.pingWith(nonce);
		}
	}
}
