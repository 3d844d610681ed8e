/** A network with a limited number of bytes per second in each direction. It holds back excess data. */
import {
	type AddressInfo,
	createServer,
	type Socket,
	connect as tcp,
} from "node:net";
import { onTestFinished } from "vitest";

const TICK_MS = 50;
/** Small buffers, so that data held by the link stays unread by the peer. */
const SMALL = { readableHighWaterMark: 1024, writableHighWaterMark: 1024 };

export interface SlowLink {
	readonly address: string;
	/** Number of connections made through the link. */
	readonly count: () => number;
	/** Lifts the limits of all connections. */
	readonly open: () => void;
}

/**
 * Starts a link.
 * @param server the server behind the link
 * @param bytesPerSecond limits towards the client and towards the server
 */
export async function slowLink(
	server: { readonly address: string },
	{
		down,
		up,
	}: {
		readonly down: number;
		readonly up: number;
	},
): Promise<SlowLink> {
	const [host = "", port = ""] = server.address.split(":");
	const sockets = new Set<Socket>();
	let count = 0;
	let isOpen = false;
	const carry = (from: Socket, to: Socket, bytesPerSecond: number): void => {
		from.pause();
		let credit = 0;
		const timer = setInterval(() => {
			credit = Math.min(
				credit + (bytesPerSecond * TICK_MS) / 1000,
				bytesPerSecond,
			);
			for (;;) {
				const size = isOpen
					? from.readableLength
					: Math.min(Math.floor(credit), from.readableLength);
				// A read with size 0 makes the stream fetch more data.
				if (size === 0) from.read(0);
				const data = size > 0 ? (from.read(size) as Buffer | null) : null;
				if (!data) return;
				credit -= data.length;
				to.write(data);
			}
		}, TICK_MS);
		from.on("error", () => {});
		from.on("close", () => {
			clearInterval(timer);
			to.destroy();
		});
		sockets.add(from);
	};
	const link = createServer({ highWaterMark: 1024 }, (client) => {
		count++;
		const upstream = tcp({ port: Number(port), host, ...SMALL });
		carry(client, upstream, up);
		carry(upstream, client, down);
	});
	await new Promise<void>((resolve) => link.listen(0, "127.0.0.1", resolve));
	onTestFinished(() => {
		for (const socket of sockets) socket.destroy();
		link.close();
	});
	return {
		address: `127.0.0.1:${(link.address() as AddressInfo).port}`,
		count: () => count,
		open: () => {
			isOpen = true;
		},
	};
}
