import { setFlagsFromString } from "node:v8";
import { type RunningServer, startServer } from "@secureconnect/server";

type Options = Parameters<typeof startServer>[0];

/** A terminal's Ctrl+C reaches npm and the server, and npm passes it on: so soon it is not somebody asking twice. */
const SAME_REQUEST_MS = 500;

/**
 * Runs a server until it is told to stop, or cannot go on.
 * @param onStarted is told the ports.
 * @throws {StartupError}
 */
export async function run(
	options: Options,
	onStarted: (server: RunningServer) => void | Promise<void>,
): Promise<void> {
	const { log } = options;
	const server = await startServer(options);
	// Under load V8 doubles the space for new objects, to more than 100 MiB on the main thread, and keeps it. Without
	// growth it stays at the size that start-up needed: 16 MiB on the main thread, 4 MiB on the thread that writes.
	setFlagsFromString("--semi-space-growth-factor=1");
	// V8 lets a small heap grow fourfold before it collects old objects, and a message of 1 MB is several of them. With
	// this it collects when the heap has grown by half.
	setFlagsFromString("--heap-growing-percent=50");
	let askedAt: number | undefined;
	const stop = (signal: NodeJS.Signals): void => {
		if (askedAt !== undefined) {
			// Whoever asks twice does not want to wait.
			if (performance.now() - askedAt > SAME_REQUEST_MS) process.exit(1);
			return;
		}
		askedAt = performance.now();
		log.info({ signal }, "draining");
		void server.drain().then(() => {
			log.info("stopped");
			process.exit(0);
		});
	};
	process.on("SIGTERM", stop);
	process.on("SIGINT", stop);
	server.failed.catch((error: unknown) => {
		const why = error instanceof Error ? error.message : String(error);
		console.error(
			`secureconnect: the message log cannot be written any more (${why}): nothing acknowledged is lost; check the disk and start the server again`,
		);
		process.exit(1);
	});
	await onStarted(server);
}
