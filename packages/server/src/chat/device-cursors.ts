import type { Scheduler, Timer } from "../fair/scheduler.ts";
import {
	type Device,
	LogUnavailable,
	type MessageLog,
} from "../log/contract.ts";
import type { GroupCommit } from "../log/group-commit.ts";
import { Refusal } from "./refusal.ts";

/** Maximum time that a proved cursor waits to be written. A crash in between costs repeated messages, not lost ones. */
const WRITE_EVERY_MS = 1000;
/** The expiry of a cursor counts from its last move or its last use. The server records a use once a day. */
const TOUCH_AFTER_MS = 24 * 3600 * 1000;

interface DueCursor {
	readonly device: Device;
	readonly seq: number;
	readonly timestamp: number;
}

/**
 * Tracks which entries each device has proved to have received. It writes new positions every second, together with the
 * next batch. While there are messages, cursors cause no commits of their own; otherwise one commit writes all of them.
 */
export class DeviceCursors {
	readonly #log: MessageLog;
	readonly #commit: GroupCommit;
	readonly #scheduler: Scheduler;
	readonly #onError: (error: unknown) => void;
	/** Cursors that have moved and are not written yet. */
	#due = new Map<string, DueCursor>();
	#timer: Timer | undefined;

	constructor(
		log: MessageLog,
		commit: GroupCommit,
		scheduler: Scheduler,
		onError: (error: unknown) => void,
	) {
		this.#log = log;
		this.#commit = commit;
		this.#scheduler = scheduler;
		this.#onError = onError;
	}

	/**
	 * Returns the position at which a device resumes, or undefined for a new device. A new device begins at `after`, or
	 * at the head if `after` is undefined. When the promise resolves, that position is on disk, so the device cannot
	 * miss later entries.
	 * @throws {Refusal} unavailable
	 */
	async open(
		device: Device,
		after: number | undefined,
	): Promise<number | undefined> {
		const timestamp = this.#scheduler.now();
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
				message: "the message log cannot accept writes now",
			});
		}
		return undefined;
	}

	/** Records that a device has received every entry up to `seq`. */
	advance(device: Device, seq: number): void {
		const key = keyOf(device);
		const due = this.#due.get(key);
		if (due && due.seq >= seq) return;
		this.#due.set(key, { device, seq, timestamp: this.#scheduler.now() });
		this.#writeLater();
	}

	/**
	 * Writes the cursors that moved. Resolves when they are on disk, or when the log cannot write now. In that case a
	 * later call writes them.
	 */
	async write(): Promise<void> {
		this.#scheduler.cancel(this.#timer);
		this.#timer = undefined;
		const due = [...this.#due.entries()];
		await Promise.all(
			due.map(async ([key, written]) => {
				const { device, seq, timestamp } = written;
				try {
					await this.#commit.submit("deliver", { ...device, seq, timestamp });
				} catch (error) {
					if (!(error instanceof LogUnavailable)) this.#onError(error);
					this.#writeLater();
					return;
				}
				if (this.#due.get(key) === written) this.#due.delete(key);
			}),
		);
	}

	#writeLater(): void {
		this.#timer ??= this.#scheduler.after(
			WRITE_EVERY_MS,
			() => void this.write(),
		);
	}
}

function keyOf({ conversationId, userId, deviceId }: Device): string {
	return `${conversationId} ${userId} ${deviceId}`;
}
