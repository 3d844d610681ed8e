/**
 * A small server's delivery cursors: the entries that devices prove to have received, by their pongs. In memory.
 */
import { randomBytes } from "node:crypto";
import type { WebSocket } from "ws";
import { Refused, UUID } from "./small-door.ts";

/** Conversation, user and name of a device. */
export interface DeviceKey {
	readonly conversationId: string;
	readonly userId: string;
	readonly deviceId: string;
}

interface Device {
	/** The entry after which the device resumes. */
	seq: number;
	/** The newest entry that the device has proved to have received; 0 for none. */
	provedSeq: number;
	/** Time of the first connection or of the last proof. */
	movedAt: number;
	newest: WebSocket | undefined;
	/** Returns the newest entry sent on the device's newest connection. */
	sentSeq: () => number;
}

/** A ping without a pong, and the newest entry sent before it. */
interface Asked {
	readonly payload: Buffer;
	readonly seq: number;
}

const MAX_DEVICES = 16;

export class SmallDevices {
	readonly #devices = new Map<string, Map<string, Device>>();

	/** Returns the name that a query gives a device. */
	name(given: string | null): string | undefined {
		if (given === null) return undefined;
		if (!UUID.test(given)) throw new Refused(400, "invalid device_id");
		return given.toLowerCase();
	}

	/**
	 * Returns the entry after which a device's connection resumes. @param cursor the client's cursor, if it sent
	 * one
	 */
	enter(key: DeviceKey, cursor: number | undefined, head: number): number {
		const devices = this.#of(key);
		const known = devices.get(key.deviceId);
		if (known) {
			if (cursor !== undefined) this.readsFrom(known, cursor);
			return cursor ?? this.placeOf(known);
		}
		const device = {
			seq: cursor ?? this.firstPlace(head),
			provedSeq: 0,
			movedAt: performance.now(),
			newest: undefined,
			sentSeq: () => 0,
		};
		devices.set(key.deviceId, device);
		const byAge = [...devices].sort(([, a], [, b]) => a.movedAt - b.movedAt);
		for (const [id] of byAge.slice(0, -this.most())) devices.delete(id);
		return device.seq;
	}

	/** Pings a connection and advances its device's cursor on each pong, until the connection closes. */
	follow(
		key: DeviceKey,
		ws: WebSocket,
		sentSeq: () => number,
		hasCursor: boolean,
	): void {
		const device = this.#of(key).get(key.deviceId);
		if (!device) return;
		device.newest = ws;
		device.sentSeq = sentSeq;
		const asked: Asked[] = [];
		let askedSeq = this.asksAtOnce(hasCursor) ? 0 : sentSeq();
		const timer = setInterval(() => {
			if (sentSeq() <= askedSeq || !this.moves(device, ws)) return;
			askedSeq = sentSeq();
			const payload = randomBytes(8);
			asked.push({ payload, seq: askedSeq });
			ws.ping(payload);
		}, this.everyMs());
		ws.on("close", () => clearInterval(timer));
		ws.on("pong", (payload: Buffer) => {
			const at = this.answered(asked, payload);
			const proof = asked.splice(0, at + 1).at(-1);
			if (!proof || !this.moves(device, ws)) return;
			device.seq = Math.max(device.seq, proof.seq);
			device.provedSeq = Math.max(device.provedSeq, proof.seq);
			device.movedAt = performance.now();
		});
	}

	/** Lists a user's devices in a conversation, those with the newest proof first. */
	list(
		conversationId: string,
		userId: string,
	): { deviceId: string; seq: number }[] {
		return Array.from(
			this.#of({ conversationId, userId }),
			([deviceId, device]) => ({ deviceId, seq: this.deliveredSeq(device) }),
		).sort((a, b) => b.seq - a.seq);
	}

	/** Returns the delivered entry. The starting place of a device proves no delivery. */
	deliveredSeq({ provedSeq }: Pick<Device, "seq" | "provedSeq">): number {
		return provedSeq;
	}

	/** Returns the place of a device. Sent entries prove no delivery. */
	placeOf({ seq }: Pick<Device, "seq" | "sentSeq">): number {
		return seq;
	}

	firstPlace(head: number): number {
		return head;
	}

	/** Hook: the device resumes from a cursor, which proves no delivery. */
	readsFrom(_device: Device, _cursor: number): void {}

	/** Whether a connection advances its device's cursor. */
	moves({ newest }: Device, ws: WebSocket): boolean {
		return newest === ws;
	}

	/** Returns the index of the pending ping that a pong answers; -1 for none. */
	answered(asked: readonly Asked[], payload: Buffer): number {
		return asked.findIndex((one) => one.payload.equals(payload));
	}

	/** Whether a connection is pinged at once, so that it can prove the entries before its start. */
	asksAtOnce(hasCursor: boolean): boolean {
		return hasCursor;
	}

	most(): number {
		return MAX_DEVICES;
	}

	everyMs(): number {
		return 1000;
	}

	/** Returns the key of a group in which only names distinguish devices. */
	group({ conversationId, userId }: Omit<DeviceKey, "deviceId">): string {
		return `${conversationId} ${userId}`;
	}

	#of(key: Omit<DeviceKey, "deviceId">): Map<string, Device> {
		const group = this.group(key);
		const devices = this.#devices.get(group) ?? new Map<string, Device>();
		this.#devices.set(group, devices);
		return devices;
	}
}
