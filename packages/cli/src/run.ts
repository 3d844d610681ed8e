import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { type RunningServer, startServer } from "@secureconnect/server";

type Options = Parameters<typeof startServer>[0];

/**
 * Time, in milliseconds, in which a second signal counts as the first: Ctrl+C in a terminal reaches the server
 * directly and again through npm.
 */
const SAME_REQUEST_MS = 500;

/**
 * Bytes of the main thread's space for new objects. V8 begins with 1 MiB, in which a busy server spends a third of its
 * time on garbage. Under load V8 doubles the space to more than 100 MiB, and keeps it.
 */
const NEW_SPACE_BYTES = 16 * 1024 * 1024;
const LOOK_MS = 100;

/**
 * Runs a server until a signal stops it or it fails.
 * @param onStarted called with the ports.
 * @throws {StartupError}
 */
export async function run(
	options: Options,
	onStarted: (server: RunningServer) => void | Promise<void>,
): Promise<void> {
	const { log } = options;
	const server = await startServer(options);
	boundNewSpace();
	// V8 lets a small heap grow fourfold before it collects old objects, and a message of 1 MB is several of them. With
	// this it collects when the heap has grown by half.
	setFlagsFromString("--heap-growing-percent=50");
	let askedAt: number | undefined;
	const stop = (signal: NodeJS.Signals): void => {
		if (askedAt !== undefined) {
			// A second request skips the drain.
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
			`secureconnect: the message log cannot be written any more (${why}): every acknowledged message is stored; check the disk and restart the server`,
		);
		process.exit(1);
	});
	await onStarted(server);
}

/** Lets the space for new objects grow with the load, up to {@link NEW_SPACE_BYTES}. */
function boundNewSpace(): void {
	const timer = setInterval(() => {
		const space = getHeapSpaceStatistics().find(
			({ space_name: name }) => name === "new_space",
		);
		if (!space || space.space_size < NEW_SPACE_BYTES) return;
		setFlagsFromString("--semi-space-growth-factor=1");
		clearInterval(timer);
	}, LOOK_MS).unref();
}
