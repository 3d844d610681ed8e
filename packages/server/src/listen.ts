import { createServer, type Server } from "node:net";
import type { FastifyInstance } from "fastify";
import { StartupError } from "./startup-error.ts";

/**
 * Maximum number of connections that wait to be accepted. Node's default of 511 overflows when thousands of clients
 * reconnect at once, and dropped clients try again a second later. The system may allow fewer.
 */
const BACKLOG = 4096;

/**
 * Address on which a server listens. `loopback` means both 127.0.0.1 and ::1, because `localhost` differs by machine.
 */
export type ListenHost = string | "loopback";

/**
 * Starts to listen. Returns the port and the other servers to close.
 * @param port 0 for any free port
 * @param flag name of the port's flag, for an error message that says how to fix it
 * @throws {StartupError} if the port is taken or the host is not an address of this machine
 */
export async function listen(
	app: FastifyInstance,
	host: ListenHost,
	port: number,
	flag: string,
): Promise<{ port: number; also: Server | undefined }> {
	const first = host === "loopback" ? "127.0.0.1" : host;
	try {
		await app.listen({ host: first, port, backlog: BACKLOG });
		const address = app.server.address();
		const chosen = typeof address === "object" && address ? address.port : port;
		return {
			port: chosen,
			also:
				host === "loopback" ? await listenAlso(app, "::1", chosen) : undefined,
		};
	} catch (error) {
		await app.close();
		throw asStartupError(error, first, port, flag);
	}
}

/** Listens on a second address for the same server. Resolves to undefined if this machine does not have the address. */
async function listenAlso(
	app: FastifyInstance,
	host: string,
	port: number,
): Promise<Server | undefined> {
	const server = createServer({ noDelay: true }, (socket) =>
		app.server.emit("connection", socket),
	);
	try {
		await new Promise<void>((resolve, reject) => {
			server.once("error", reject);
			server.listen({ host, port, ipv6Only: true, backlog: BACKLOG }, resolve);
		});
		return server;
	} catch (error) {
		if (codeOf(error) === "EADDRINUSE") throw error;
		return undefined;
	}
}

function asStartupError(
	error: unknown,
	host: string,
	port: number,
	flag: string,
): unknown {
	switch (codeOf(error)) {
		case "EADDRINUSE":
			return new StartupError(
				`port ${port} is in use: stop the program that uses it, or choose another ${flag}`,
			);
		case "EACCES":
			return new StartupError(
				`this user has no permission to open port ${port}: choose a ${flag} of 1024 or above`,
			);
		case "EADDRNOTAVAIL":
		case "ENOTFOUND":
		case "EAI_AGAIN":
			return new StartupError(
				`${host} is not an address of this machine: choose another --host`,
			);
		default:
			return error;
	}
}

function codeOf(error: unknown): string | undefined {
	return (error as NodeJS.ErrnoException).code;
}
