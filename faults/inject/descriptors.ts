import { readdirSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { between } from "../random.ts";
import type { Fault } from "./fault.ts";
import { missingTools, tool } from "./tools.ts";

const KNOCKERS = 20;
const SHOWN_MEANWHILE = 200;

/** There is no descriptor for one connection more; those that are there must not notice. */
export const descriptors: Fault = {
	name: "descriptors",
	does: "the process has no file descriptor left, and more clients knock",
	scoredCycles: 20,
	missing: () => missingTools("prlimit"),
	prepare: async (directory) => ({
		data: join(directory, "data"),
		async inject({ server, load, random }) {
			await load.delivered(between(random, 50, 300));
			const pid = String(server.pid);
			const before = await tool(
				"prlimit",
				"--pid",
				pid,
				"--nofile",
				"--output=SOFT",
				"--noheadings",
				"--raw",
			);
			// The kernel gives the lowest number that is free: below this limit there is none.
			const used = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
			let limit = 0;
			while (used.has(limit)) limit++;
			await tool("prlimit", "--pid", pid, `--nofile=${limit}:`);
			const knockers = Array.from({ length: KNOCKERS }, () =>
				knock(Number(server.address.split(":")[1])),
			);
			// Some of those who are in lose their connection and have to come back, too.
			load.drop(between(random, 1, 6));
			await load.delivered(SHOWN_MEANWHILE);
			const refused = knockers.filter((socket) => socket.closed).length;
			for (const socket of knockers) socket.destroy();
			await tool("prlimit", "--pid", pid, `--nofile=${before}:`);
			if (refused === 0) throw new Error("there were descriptors enough");
			return [];
		},
		close: async () => {},
	}),
};

/** Opens a connection and says nothing; whether it was closed again can be seen from it. */
function knock(port: number): Socket {
	const socket = connect({ port, host: "127.0.0.1" });
	socket.on("error", () => {});
	return socket.resume();
}
