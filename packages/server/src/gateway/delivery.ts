import { randomBytes } from "node:crypto";

/** What is needed of a connection that proves how far it has got. */
export interface Proving {
	/** The newest entry that was written to it. */
	readonly writtenSeq: number;
	/** Pings it behind everything written so far, with a payload that its pong must echo (RFC 6455, section 5.5.3). */
	pingWith(nonce: Buffer): void;
	/** The peer has got everything up to `seq`. */
	proved(seq: number): void;
}

interface Watch {
	readonly connection: Proving;
	readonly device: string;
	/** The newest entry that a ping stands for. */
	pingedSeq: number;
	/** Pings without their pongs, oldest first. */
	readonly outstanding: { readonly nonce: Buffer; readonly seq: number }[];
}

/** Pings follow deliveries, and openings, at most this often. */
const PING_EVERY_MS = 1000;
/** Turns in which the connections are gone through, so that their pings do not all come at once. */
const SLOTS = 20;
/** More than these a peer that answers nothing is not sent. */
const MAX_OUTSTANDING = 16;
const NONCE_BYTES = 8;

/**
 * Finds out how far devices have got without a line of their code: every WebSocket end point echoes a ping's payload, so
 * a pong proves that everything written before its ping has arrived. Of a device's connections only the newest proves.
 */
export class DeliveryProof {
	readonly #watches = new Map<Proving, Watch>();
	readonly #slots: Set<Watch>[] = Array.from(
		{ length: SLOTS },
		() => new Set(),
	);
	readonly #owners = new Map<string, Watch>();
	#timer: NodeJS.Timeout | undefined;
	#turn = 0;
	#added = 0;

	/**
	 * @param device whose connection it is, in which conversation
	 * @param provesOpening whether its peer has what comes before the connection's first entry, which its arrival proves
	 */
	add(connection: Proving, device: string, provesOpening: boolean): void {
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

	remove(connection: Proving): void {
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

	/** A pong came. One that answers no ping that is out proves nothing. */
	pong(connection: Proving, payload: Buffer): void {
		const watch = this.#watches.get(connection);
		const at =
			watch?.outstanding.findIndex(({ nonce }) => nonce.equals(payload)) ?? -1;
		if (!watch || at < 0) return;
		// A pong may stand for the pings before it too (RFC 6455, section 5.5.3).
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
