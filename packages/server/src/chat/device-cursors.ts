import {
	type Device,
	LogUnavailable,
	type MessageLog,
} from "../log/contract.ts";
import type { GroupCommit } from "../log/group-commit.ts";
import type { Now } from "./ports.ts";
import { Refusal } from "./refusal.ts";

/** How long a proven place may wait to be written. Lost with a crash it costs repeats, not messages. */
const WRITE_EVERY_MS = 1000;
/** A cursor is kept for long after it last moved, or was last asked for: the latter is noted once a day. */
const TOUCH_AFTER_MS = 24 * 3600 * 1000;

interface Due {
	readonly device: Device;
	readonly seq: number;
	readonly timestamp: number;
}

/**
 * How far each device has proved to have got. What is proven is written with the next batch every second: cursors
 * cost no commits of their own while there are messages, and one for all of them while there are none.
 */
export class DeviceCursors {
	readonly #log: MessageLog;
	readonly #commit: GroupCommit;
	readonly #now: Now;
	readonly #onError: (error: unknown) => void;
	/** Proven and not written yet. */
	#due = new Map<string, Due>();
	#timer: NodeJS.Timeout | undefined;

	constructor(
		log: MessageLog,
		commit: GroupCommit,
		now: Now,
		onError: (error: unknown) => void,
	) {
		this.#log = log;
		this.#commit = commit;
		this.#now = now;
		this.#onError = onError;
	}

	/**
	 * Where a device goes on from; undefined for one that is seen for the first time, which begins at `after`, or at the
	 * head where that is undefined. By then that beginning is on disk: what comes after it is not missed, whatever happens.
	 * @throws {Refusal} unavailable
	 */
	async open(
		device: Device,
		after: number | undefined,
	): Promise<number | undefined> {
		const timestamp = this.#now();
		const known = await this.#log.deviceCursor(device, timestamp);
		if (known) {
			if (timestamp - known.updatedAt > TOUCH_AFTER_MS) this.advance(device, 0);
			return Math.max(known.seq, this.#due.get(keyOf(device))?.seq ?? 0);
		}
		try {
			await this.#commit.submit("device", {
				...device,
				seq: after ?? null,
				timestamp,
			});
		} catch (error) {
			if (!(error instanceof LogUnavailable)) throw error;
			throw new Refusal({
				code: "unavailable",
				message: "the message log takes no writes now",
			});
		}
		return undefined;
	}

	/** A device has got everything up to `seq`. */
	advance(device: Device, seq: number): void {
		const key = keyOf(device);
		const due = this.#due.get(key);
		if (due && due.seq >= seq) return;
		this.#due.set(key, { device, seq, timestamp: this.#now() });
		this.#timer ??= setTimeout(() => void this.write(), WRITE_EVERY_MS);
	}

	/** Writes what is proven; resolves when it is on disk, or cannot be written now and is tried again later. */
	async write(): Promise<void> {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		const due = [...this.#due.entries()];
		await Promise.all(
			due.map(async ([key, written]) => {
				const { device, seq, timestamp } = written;
				try {
					await this.#commit.submit("deliver", { ...device, seq, timestamp });
				} catch (error) {
					if (!(error instanceof LogUnavailable)) this.#onError(error);
					this.#timer ??= setTimeout(() => void this.write(), WRITE_EVERY_MS);
					return;
				}
				if (this.#due.get(key) === written) this.#due.delete(key);
			}),
		);
	}
}

function keyOf({ conversationId, userId, deviceId }: Device): string {
	return `${conversationId} ${userId} ${deviceId}`;
}
