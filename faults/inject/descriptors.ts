import { readdirSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { between } from "../random.ts";
import type { Fault } from "./fault.ts";
import { missingTools, tool } from "./tools.ts";

const KNOCKERS = 20;
const SHOWN_MEANWHILE = 200;

/** Leaves the process no descriptor for a new connection. Open connections must not be affected. */
export const descriptors: Fault = {
	name: "descriptors",
	does: "the process has no file descriptor left while new clients connect",
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
			// The kernel assigns the lowest free number, and no number below this limit is free.
			const used = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
			let limit = 0;
			while (used.has(limit)) limit++;
			await tool("prlimit", "--pid", pid, `--nofile=${limit}:`);
			const knockers = Array.from({ length: KNOCKERS }, () =>
				knock(Number(server.address.split(":")[1])),
			);
			// Some connected clients lose their connection and must reconnect, too.
			load.drop(between(random, 1, 6));
			await load.delivered(SHOWN_MEANWHILE);
			const refused = knockers.filter((socket) => socket.closed).length;
			for (const socket of knockers) socket.destroy();
			await tool("prlimit", "--pid", pid, `--nofile=${before}:`);
			if (refused === 0)
				throw new Error("the server did not run out of descriptors");
			return [];
		},
		close: async () => {},
	}),
};

/** Opens a connection and sends nothing. The returned socket shows whether the server closed it. */
function knock(port: number): Socket {
	const socket = connect({ port, host: "127.0.0.1" });
	socket.on("error", () => {});
	return socket.resume();
}
