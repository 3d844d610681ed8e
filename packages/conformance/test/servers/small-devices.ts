/** How far devices have got, as their pongs prove it: a small server's delivery cursors. In memory. */
import { randomBytes } from "node:crypto";
import type { WebSocket } from "ws";
import { Refused, UUID } from "./small-door.ts";

/** Whose device it is, and where. */
export interface DeviceKey {
	readonly conversationId: string;
	readonly userId: string;
	readonly deviceId: string;
}

interface Device {
	/** The entry behind which it goes on. */
	seq: number;
	/** The newest entry that it has proved to have got; 0 for none. */
	provedSeq: number;
	/** When it was seen first, or proved something last. */
	movedAt: number;
	newest: WebSocket | undefined;
	/** The newest entry that its newest connection was sent. */
	sentSeq: () => number;
}

/** A ping without its pong, and the newest entry that it was sent behind. */
interface Asked {
	readonly payload: Buffer;
	readonly seq: number;
}

const MAX_DEVICES = 16;

export class SmallDevices {
	readonly #devices = new Map<string, Map<string, Device>>();

	/** The name that a query gives a device. */
	name(given: string | null): string | undefined {
		if (given === null) return undefined;
		if (!UUID.test(given)) throw new Refused(400, "invalid device_id");
		return given.toLowerCase();
	}

	/** The entry after which a device's connection goes on. @param cursor that it gave, if it did */
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

	/** Asks a connection how far it has got, and moves its device's cursor, until it is closed. */
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

	/** A user's devices in a conversation, the furthest first. */
	list(
		conversationId: string,
		userId: string,
	): { deviceId: string; seq: number }[] {
		return Array.from(
			this.#of({ conversationId, userId }),
			([deviceId, device]) => ({ deviceId, seq: this.deliveredSeq(device) }),
		).sort((a, b) => b.seq - a.seq);
	}

	/** Where it began it has proved nothing. */
	deliveredSeq({ provedSeq }: Pick<Device, "seq" | "provedSeq">): number {
		return provedSeq;
	}

	/** What it was sent proves nothing. */
	placeOf({ seq }: Pick<Device, "seq" | "sentSeq">): number {
		return seq;
	}

	firstPlace(head: number): number {
		return head;
	}

	/** It reads again, or passes over something: that proves nothing. */
	readsFrom(_device: Device, _cursor: number): void {}

	/** Whether a connection moves its device's cursor. */
	moves({ newest }: Device, ws: WebSocket): boolean {
		return newest === ws;
	}

	/** Which of the pings that are out a pong answers; -1 for none. */
	answered(asked: readonly Asked[], payload: Buffer): number {
		return asked.findIndex((one) => one.payload.equals(payload));
	}

	/** Whether a connection proves by its arrival that its device has what is before. */
	asksAtOnce(hasCursor: boolean): boolean {
		return hasCursor;
	}

	most(): number {
		return MAX_DEVICES;
	}

	everyMs(): number {
		return 1000;
	}

	/** Whose devices are told apart by their names alone. */
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
