import { connect, createServer } from "node:net";
import type { Kind } from "./kind.ts";

/**
 * Does not touch the server: computes, and sends to itself over the loopback device. Shows how much of the pair's
 * latency comes from sharing a core with an abuser.
 */
export const CONTROL: Kind = {
	name: "control",
	does: "nothing to the server: only uses the core that the abuser has",
	answers: [],
	async prepare({ tally }) {
		const chunk = Buffer.alloc(1_000_000, "x");
		const server = createServer((socket) => {
			socket.on("data", (data) => {
				tally.count("bytes", data.length);
			});
		});
		await new Promise<void>((resolve) => {
			server.listen(0, "127.0.0.1", resolve);
		});
		const address = server.address();
		return async () => {
			if (address === null || typeof address === "string") return;
			const socket = connect(address.port, "127.0.0.1");
			for (;;) {
				if (!socket.write(chunk))
					await new Promise((resolve) => socket.once("drain", resolve));
				const until = performance.now() + 1;
				while (performance.now() < until);
			}
		};
	},
};
