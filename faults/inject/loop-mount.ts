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
		(existsSync("/dev/loop-control") ? undefined : "needs loop devices")
	);
}

/** Separate ext4 file system in a file. A test can fill it or shut it down without harm to the machine's disk. */
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
		// No reserved blocks, because root could otherwise still write to a full disk.
		await tool("mkfs.ext4", "-q", "-F", "-m", "0", mount.image);
		await mount.mount();
		return mount;
	}

	async mount(): Promise<void> {
		// ext4 commits its journal every five seconds. On a busy machine such a commit came before the power cut and
		// stored data that the server had not flushed.
		await tool("mount", "-o", "loop,commit=300", this.image, this.directory);
		this.#isMounted = true;
	}

	async unmount(): Promise<void> {
		if (!this.#isMounted) return;
		await tool("umount", this.directory);
		this.#isMounted = false;
	}
}
