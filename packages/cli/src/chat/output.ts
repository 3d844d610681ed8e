/** Standard output whose reader may end first, as in `| head -1`. */
export class Output {
	/** Resolves when the reader has closed the pipe. */
	readonly gone: Promise<void>;

	constructor() {
		this.gone = new Promise((resolve, reject) => {
			process.stdout.on("error", (error: NodeJS.ErrnoException) => {
				if (error.code === "EPIPE") resolve();
				else reject(error);
			});
		});
	}

	line(text: string): void {
		process.stdout.write(`${text}\n`);
	}
}

/** Resolves when the user or the system asks to stop. */
export function untilStopped(): Promise<void> {
	return new Promise((resolve) => {
		process.once("SIGINT", () => resolve());
		process.once("SIGTERM", () => resolve());
	});
}
