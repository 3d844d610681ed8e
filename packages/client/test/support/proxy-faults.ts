import type { Act } from "./chaos-plan.ts";
import type { FaultyProxy } from "./faulty-proxy.ts";

export type FaultAct =
	| Exclude<Act, { kind: "write" | "restart" | "join" }>
	/** The client reads nothing for `ms`. */
	| { readonly kind: "slow"; readonly ms: number };

/** Performs the planned faults of one client's network. */
export class ProxyFaults {
	readonly #proxy: FaultyProxy;
	readonly #timers = new Set<NodeJS.Timeout>();

	constructor(proxy: FaultyProxy) {
		this.#proxy = proxy;
	}

	perform(act: FaultAct): void {
		const proxy = this.#proxy;
		switch (act.kind) {
			case "cut":
				proxy.cut(act.how);
				break;
			case "cut after":
				proxy.cutAfter(act.direction, act.bytes);
				break;
			case "half-close":
				proxy.halfClose(act.towards);
				break;
			case "stall":
				proxy.stall(act.direction);
				this.#after(act.ms, () => {
					if (act.ends === "reset") proxy.cut("reset");
					proxy.resume();
				});
				break;
			case "slow":
				proxy.slow(true);
				this.#after(act.ms, () => proxy.slow(false));
				break;
			case "delay":
				proxy.delay(act.by);
				this.#after(act.ms, () => proxy.delay(0));
				break;
			case "refuse":
				proxy.refuse(true);
				this.#after(act.ms, () => proxy.refuse(false));
		}
	}

	/** Ends all faults except the freezes. */
	heal(): void {
		for (const timer of this.#timers) clearTimeout(timer);
		this.#proxy.heal();
	}

	#after(ms: number, work: () => void): void {
		this.#timers.add(setTimeout(work, ms));
	}
}
