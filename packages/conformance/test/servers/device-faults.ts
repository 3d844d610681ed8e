/** Small servers with one planted fault each, in how far devices have got. */
import type { Fault } from "./fault.ts";
import { SmallDevices } from "./small-devices.ts";
import { SmallServer } from "./small-server.ts";

/** `>=` for `>`, once more. */
class RepeatsWhatWasProven extends SmallServer {
	override readonly devices = new (class extends SmallDevices {
		override placeOf({ seq }: { seq: number }): number {
			return seq - 1;
		}
	})();
}

/** A new device has read nothing. */
class BeginsDevicesAtTheBeginning extends SmallServer {
	override readonly devices = new (class extends SmallDevices {
		override firstPlace(): number {
			return 0;
		}
	})();
}

/** What is written to a socket arrives. */
class TakesSentForGot extends SmallServer {
	override readonly devices = new (class extends SmallDevices {
		override placeOf({ sentSeq }: { sentSeq: () => number }): number {
			return sentSeq();
		}
	})();
}

/** Whatever has a payload answers the ping that is out. */
class TakesAnyPong extends SmallServer {
	override readonly devices = new (class extends SmallDevices {
		override answered(asked: readonly unknown[], payload: Buffer): number {
			return payload.length === 0 ? -1 : asked.length - 1;
		}
	})();
}

/** The sooner it is known, the better. */
class PingsAtEveryTurn extends SmallServer {
	override readonly devices = new (class extends SmallDevices {
		override everyMs(): number {
			return 5;
		}
	})();
}

/** A device is a device, however many connections it has. */
class LetsOlderConnectionsProve extends SmallServer {
	override readonly devices = new (class extends SmallDevices {
		override moves(): boolean {
			return true;
		}
	})();
}

/** Who asks for more is given more, the next time too. */
class TakesCursorsBack extends SmallServer {
	override readonly devices = new (class extends SmallDevices {
		override readsFrom(device: { seq: number }, cursor: number): void {
			device.seq = cursor;
		}
	})();
}

/** A user's device is one, wherever it chats. */
class SharesDevices extends SmallServer {
	override readonly devices = new (class extends SmallDevices {
		override group({ userId }: { userId: string }): string {
			return userId;
		}
	})();
}

/** Rows cost nothing. */
class KeepsEveryDevice extends SmallServer {
	override readonly devices = new (class extends SmallDevices {
		override most(): number {
			return 1000;
		}
	})();
}

/** A name is a name. */
class TakesAnyDeviceName extends SmallServer {
	override readonly devices = new (class extends SmallDevices {
		override name(given: string | null): string | undefined {
			return given || undefined;
		}
	})();
}

/** Where a device is, it is told, and nobody else. */
class KeepsDeliveriesToItself extends SmallServer {
	override readonly devices = new (class extends SmallDevices {
		override list(): never[] {
			return [];
		}
	})();
}

/** A place is a place. */
class TakesBeginningsForGot extends SmallServer {
	override readonly devices = new (class extends SmallDevices {
		override deliveredSeq({ seq }: { seq: number }): number {
			return seq;
		}
	})();
}

/** Nothing was delivered, so there is nothing to prove. */
class ProvesNoOpenings extends SmallServer {
	override readonly devices = new (class extends SmallDevices {
		override asksAtOnce(): boolean {
			return false;
		}
	})();
}

export const DEVICE_FAULTS: readonly Fault[] = [
	{
		name: "a device's cursor taken for the entry to begin with",
		rules: ["DC-1", "DC-2"],
		Server: RepeatsWhatWasProven,
	},
	{
		name: "new devices given the whole history",
		// A device of the same name that is another's is a new one too.
		rules: ["DC-2", "DC-6"],
		Server: BeginsDevicesAtTheBeginning,
	},
	{
		name: "cursor advanced on send",
		// Nothing that was sent and not proven comes again, whichever rule has it come.
		rules: ["DC-1", "DC-2", "DC-3", "DC-5", "DC-8"],
		Server: TakesSentForGot,
	},
	{
		name: "any pong taken for a proof",
		rules: ["DC-3"],
		Server: TakesAnyPong,
	},
	{
		name: "devices pinged at every turn",
		rules: ["DC-4"],
		Server: PingsAtEveryTurn,
	},
	{
		name: "cursor moved by an older connection",
		rules: ["DC-5"],
		Server: LetsOlderConnectionsProve,
	},
	{
		name: "cursor that goes back",
		// As it goes back, it goes on, proven or not.
		rules: ["DC-5", "DC-8"],
		Server: TakesCursorsBack,
	},
	{
		name: "a device's cursor shared by its conversations",
		rules: ["DC-6"],
		Server: SharesDevices,
	},
	{
		name: "devices without number",
		rules: ["DC-6"],
		Server: KeepsEveryDevice,
	},
	{
		name: "device_id of any form",
		rules: ["DC-7"],
		Server: TakesAnyDeviceName,
	},
	{
		name: "no ping behind an opening",
		rules: ["DC-8"],
		Server: ProvesNoOpenings,
	},
	{
		name: "deliveries kept from the receipts",
		rules: ["RS-18"],
		Server: KeepsDeliveriesToItself,
	},
	{
		name: "where a device begins told as delivered",
		rules: ["RS-18"],
		Server: TakesBeginningsForGot,
	},
];
