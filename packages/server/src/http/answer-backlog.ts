import type { Socket } from "node:net";
import type { BackloggedConnection } from "../gateway/backlog.ts";
import type { KernelQueue, KernelQueues } from "../gateway/kernel-queue.ts";

/** Part of an HTTP answer that a socket still holds. */
export class AnswerBacklog implements BackloggedConnection {
	readonly #socket: Socket;
	readonly #kernel: KernelQueues;

	constructor(socket: Socket, kernel: KernelQueues) {
		this.#socket = socket;
		this.#kernel = kernel;
	}

	get backlogBytes(): number {
		return this.#socket.destroyed ? 0 : this.#socket.writableLength;
	}

	get bytesAccepted(): number {
		return this.#socket.bytesWritten - this.#socket.writableLength;
	}

	held(): Promise<KernelQueue | undefined> {
		return this.#kernel.of(this.#socket);
	}

	stall(): void {
		this.#socket.destroy();
	}
}
