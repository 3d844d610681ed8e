/** Small servers with one planted fault each in delivery cursors. */
import type { Fault } from "./fault.ts";
import { SmallDevices } from "./small-devices.ts";
import { SmallServer } from "./small-server.ts";

/** Compares with `>=` instead of `>`, so the last proven entry is sent again. */
class RepeatsWhatWasProven extends SmallServer {
	override readonly devices = new (class extends SmallDevices {
		override placeOf({ seq }: { seq: number }): number {
			return seq - 1;
		}
	})();
}

/** Starts a new device at the beginning of the log. */
class BeginsDevicesAtTheBeginning extends SmallServer {
	override readonly devices = new (class extends SmallDevices {
		override firstPlace(): number {
			return 0;
		}
	})();
}

/** Assumes that data written to a socket arrives. */
class TakesSentForGot extends SmallServer {
	override readonly devices = new (class extends SmallDevices {
		override placeOf({ sentSeq }: { sentSeq: () => number }): number {
			return sentSeq();
		}
	})();
}

/** Accepts every pong with a payload as the answer to the pending ping. */
class TakesAnyPong extends SmallServer {
	override readonly devices = new (class extends SmallDevices {
		override answered(asked: readonly unknown[], payload: Buffer): number {
			return payload.length === 0 ? -1 : asked.length - 1;
		}
	})();
}

/** Pings every 5 ms, to learn of deliveries sooner. */
class PingsAtEveryTurn extends SmallServer {
	override readonly devices = new (class extends SmallDevices {
		override everyMs(): number {
			return 5;
		}
	})();
}

/** Accepts proofs of all of a device's connections, not only of the newest. */
class LetsOlderConnectionsProve extends SmallServer {
	override readonly devices = new (class extends SmallDevices {
		override moves(): boolean {
			return true;
		}
	})();
}

/** Moves the stored cursor back when a client resumes from an earlier entry. */
class TakesCursorsBack extends SmallServer {
	override readonly devices = new (class extends SmallDevices {
		override readsFrom(device: { seq: number }, cursor: number): void {
			device.seq = cursor;
		}
	})();
}

/** Keeps one cursor per device for all conversations. */
class SharesDevices extends SmallServer {
	override readonly devices = new (class extends SmallDevices {
		override group({ userId }: { userId: string }): string {
			return userId;
		}
	})();
}

/** Keeps an unlimited number of devices. */
class KeepsEveryDevice extends SmallServer {
	override readonly devices = new (class extends SmallDevices {
		override most(): number {
			return 1000;
		}
	})();
}

/** Accepts any text as a device name. */
class TakesAnyDeviceName extends SmallServer {
	override readonly devices = new (class extends SmallDevices {
		override name(given: string | null): string | undefined {
			return given || undefined;
		}
	})();
}

/** Reports deliveries only to the device's own user. */
class KeepsDeliveriesToItself extends SmallServer {
	override readonly devices = new (class extends SmallDevices {
		override list(): never[] {
			return [];
		}
	})();
}

/** Counts the starting place of a device as delivered. */
class TakesBeginningsForGot extends SmallServer {
	override readonly devices = new (class extends SmallDevices {
		override deliveredSeq({ seq }: { seq: number }): number {
			return seq;
		}
	})();
}

/** Sends no ping when a device connects with a cursor. */
class ProvesNoOpenings extends SmallServer {
	override readonly devices = new (class extends SmallDevices {
		override asksAtOnce(): boolean {
			return false;
		}
	})();
}

export const DEVICE_FAULTS: readonly Fault[] = [
	{
		name: "a device resumes at its cursor and not after it",
		rules: ["DC-1", "DC-2"],
		Server: RepeatsWhatWasProven,
	},
	{
		name: "new devices receive the whole history",
		// A device with a name that a different user's device has is also new.
		rules: ["DC-2", "DC-6"],
		Server: BeginsDevicesAtTheBeginning,
	},
	{
		name: "cursor advanced on send",
		// Entries that were sent but not proven are lost in every rule that repeats them.
		rules: ["DC-1", "DC-2", "DC-3", "DC-5", "DC-8"],
		Server: TakesSentForGot,
	},
	{
		name: "any pong accepted as a proof",
		rules: ["DC-3"],
		Server: TakesAnyPong,
	},
	{
		name: "devices pinged every 5 ms",
		rules: ["DC-4"],
		Server: PingsAtEveryTurn,
	},
	{
		name: "cursor moved by an older connection",
		rules: ["DC-5"],
		Server: LetsOlderConnectionsProve,
	},
	{
		name: "cursor moves back",
		// The device resumes from the moved-back cursor, regardless of the proofs.
		rules: ["DC-5", "DC-8"],
		Server: TakesCursorsBack,
	},
	{
		name: "one cursor for all conversations of a device",
		rules: ["DC-6"],
		Server: SharesDevices,
	},
	{
		name: "unlimited number of devices",
		rules: ["DC-6"],
		Server: KeepsEveryDevice,
	},
	{
		name: "device_id of any form",
		rules: ["DC-7"],
		Server: TakesAnyDeviceName,
	},
	{
		name: "no ping when a device connects with a cursor",
		rules: ["DC-8"],
		Server: ProvesNoOpenings,
	},
	{
		name: "deliveries missing from the receipts",
		rules: ["RS-18"],
		Server: KeepsDeliveriesToItself,
	},
	{
		name: "starting place of a device reported as delivered",
		rules: ["RS-18"],
		Server: TakesBeginningsForGot,
	},
];
