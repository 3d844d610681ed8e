import {
	closeSync,
	existsSync,
	ftruncateSync,
	mkdirSync,
	openSync,
} from "node:fs";
import { join } from "node:path";
import { missingRoot, tool } from "./tools.ts";

export function missingLoopMount(...more: string[]): string | undefined {
	return (
		missingRoot("mkfs.ext4", "mount", "umount", ...more) ??
		(existsSync("/dev/loop-control") ? undefined : "it wants loop devices")
	);
}

/** An ext4 file system of its own, in a file: it can be filled and cut off without harm to the machine's. */
export class LoopMount {
	readonly image: string;
	readonly directory: string;
	#isMounted = false;

	private constructor(image: string, directory: string) {
		this.image = image;
		this.directory = directory;
	}

	static async create(within: string, mebibytes: number): Promise<LoopMount> {
		const mount = new LoopMount(join(within, "image"), join(within, "mount"));
		mkdirSync(mount.directory);
		const file = openSync(mount.image, "w");
		ftruncateSync(file, mebibytes * 1024 * 1024);
		closeSync(file);
		// Nothing is kept back for root, who would otherwise go on writing to a full disk.
		await tool("mkfs.ext4", "-q", "-F", "-m", "0", mount.image);
		await mount.mount();
		return mount;
	}

	async mount(): Promise<void> {
		// ext4 commits its journal every five seconds by itself. On a busy machine that came before the power cut, and
		// kept what nobody had flushed.
		await tool("mount", "-o", "loop,commit=300", this.image, this.directory);
		this.#isMounted = true;
	}

	async unmount(): Promise<void> {
		if (!this.#isMounted) return;
		await tool("umount", this.directory);
		this.#isMounted = false;
	}
}
