/** A network that carries so many bytes a second towards the client, until it is opened. */
import {
	type AddressInfo,
	createServer,
	type Socket,
	connect as tcp,
} from "node:net";
import { onTestFinished } from "vitest";

const TICK_MS = 50;
/** Its own buffers are kept small: what it holds, the peer has not read. */
const SMALL = { readableHighWaterMark: 1024, writableHighWaterMark: 1024 };

export interface SlowNetwork {
	readonly address: string;
	/** From now on as fast as it comes. */
	open(): void;
}

export async function slowNetwork(
	port: number,
	bytesPerSecond: number,
): Promise<SlowNetwork> {
	let isOpen = false;
	const sockets = new Set<Socket>();
	const timers = new Set<NodeJS.Timeout>();
	const server = createServer((client) => {
		const upstream = tcp({ port, host: "127.0.0.1", ...SMALL });
		client.pipe(upstream);
		upstream.pause();
		let credit = 0;
		const timer = setInterval(() => {
			credit = Math.min(
				credit + (bytesPerSecond * TICK_MS) / 1000,
				bytesPerSecond,
			);
			for (;;) {
				const size = isOpen
					? upstream.readableLength
					: Math.min(Math.floor(credit), upstream.readableLength);
				// Asked for more than there is, a stream reads on.
				if (size === 0) upstream.read(0);
				const data = size > 0 ? (upstream.read(size) as Buffer | null) : null;
				if (!data) return;
				credit -= data.length;
				client.write(data);
			}
		}, TICK_MS);
		timers.add(timer);
		for (const socket of [client, upstream]) {
			sockets.add(socket);
			socket.on("error", () => {});
			socket.on("close", () => {
				clearInterval(timer);
				client.destroy();
				upstream.destroy();
			});
		}
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	onTestFinished(() => {
		for (const timer of timers) clearInterval(timer);
		for (const socket of sockets) socket.destroy();
		server.close();
	});
	return {
		address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
		open() {
			isOpen = true;
		},
	};
}
