import { join } from "node:path";
import { between } from "../random.ts";
import type { Fault } from "./fault.ts";

/** Stops and starts the server. A normal stop must lose no more than a fault does. */
export const drain: Fault = {
	name: "drain",
	does: "SIGTERM under load, then a new start",
	scoredCycles: 20,
	missing: () => undefined,
	prepare: async (directory) => ({
		data: join(directory, "data"),
		async inject({ server, load, random }) {
			await load.delivered(between(random, 50, 800));
			load.burst();
			server.signal("SIGTERM");
			const { code, signal, stderr } = await server.ended;
			await server.start();
			return code === 0 && stderr === ""
				? []
				: [
						{
							kind: "broken",
							what: `the server ended with ${code ?? signal}: ${stderr}`,
						},
					];
		},
		close: async () => {},
	}),
};
