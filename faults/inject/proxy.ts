import { join } from "node:path";
import { between } from "../random.ts";
import type { Fault } from "./fault.ts";
import { TcpProxy } from "./tcp-proxy.ts";

const LEAST_TROUBLES = 12;

/** Puts a proxy between clients and server that delays, resets, stalls and half-closes connections. */
export const proxy: Fault = {
	name: "proxy",
	does: "a network that delays, resets, stalls and half-closes connections",
	scoredCycles: 20,
	missing: () => undefined,
	async prepare(directory) {
		const network = await TcpProxy.listen();
		return {
			data: join(directory, "data"),
			endpoint: (server) => network.endpoint(server),
			async inject({ load, random }) {
				await load.delivered(between(random, 1, 300));
				const before = sum(network.done);
				network.trouble(random);
				await load.delivered(between(random, 300, 1500));
				await load.until(
					() => sum(network.done) >= before + LEAST_TROUBLES,
					"disturbed connections",
				);
				network.heal();
				return [];
			},
			close: () => network.close(),
		};
	},
};

function sum(counts: ReadonlyMap<unknown, number>): number {
	return [...counts.values()].reduce((a, b) => a + b, 0);
}
