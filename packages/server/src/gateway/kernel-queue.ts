import { readFile } from "node:fs/promises";
import { isIPv4, type Socket } from "node:net";

/** Linux's tables of TCP sockets (proc(5)), of IPv4 and of IPv6. */
const TABLES = ["/proc/self/net/tcp", "/proc/self/net/tcp6"];
const STATE_ESTABLISHED = "01";

/**
 * Asks the kernel how many bytes each socket still holds that its peer has not acknowledged. A write counts as done once the kernel
 * has it, and the kernel may hold megabytes: nothing else says for
 * minutes that a peer takes three kilobytes a second. It is one read for all sockets, of a table as long as there are connections.
 * @returns bytes by {@link socketKey}; nothing for any socket where the system does not tell
 */
async function kernelQueues(): Promise<ReadonlyMap<string, number>> {
	const queues = new Map<string, number>();
	for (const table of TABLES) {
		const text = await readFile(table, "utf8").catch(() => "");
		for (const line of text.split("\n").slice(1)) {
			const [, local, remote, state, queue] = line.trim().split(/\s+/);
			if (state !== STATE_ESTABLISHED || !local || !remote || !queue) continue;
			queues.set(
				`${local.split(":")[1]} ${remote}`,
				Number.parseInt(queue, 16),
			);
		}
	}
	return queues;
}

/** How the tables name a socket: its own port, and its peer's address and port; undefined for one that is closed. */
function socketKey(socket: Socket): string | undefined {
	const { localPort, remoteAddress, remotePort } = socket;
	if (!localPort || !remoteAddress || !remotePort) return undefined;
	return `${portHex(localPort)} ${addressHex(remoteAddress)}:${portHex(remotePort)}`;
}

function portHex(port: number): string {
	return port.toString(16).toUpperCase().padStart(4, "0");
}

/** An address as 32-bit words, each in the byte order of the machine: little-endian wherever Node runs on Linux, but for s390x. */
function addressHex(address: string): string {
	const bytes = isIPv4(address) ? ipv4(address) : ipv6(address);
	let hex = "";
	for (let word = 0; word < bytes.length; word += 4)
		for (let i = 3; i >= 0; i--)
			hex += (bytes[word + i] ?? 0).toString(16).padStart(2, "0");
	return hex.toUpperCase();
}

function ipv4(address: string): number[] {
	return address.split(".").map(Number);
}

function ipv6(address: string): number[] {
	const [plain = ""] = address.split("%");
	const [head = "", tail] = plain.split("::");
	const before = groups(head);
	const after = tail === undefined ? [] : groups(tail);
	const zeros = 16 - before.length - after.length;
	return [...before, ...Array<number>(Math.max(0, zeros)).fill(0), ...after];
}

function groups(text: string): number[] {
	if (text === "") return [];
	return text.split(":").flatMap((group) => {
		// An IPv4 client of a socket that listens on both is ::ffff:192.0.2.1.
		if (group.includes(".")) return ipv4(group);
		const value = Number.parseInt(group, 16);
		return [value >> 8, value & 0xff];
	});
}

/** One look at the tables for all who ask in the same turn of the event loop. */
export class KernelQueues {
	#next: Promise<ReadonlyMap<string, number>> | undefined;

	/** Bytes that the kernel holds for a socket's peer, not before now; undefined where it does not tell. */
	async of(socket: Socket): Promise<number | undefined> {
		const key = socketKey(socket);
		if (key === undefined) return undefined;
		this.#next ??= new Promise<void>((resolve) => setImmediate(resolve)).then(
			() => {
				this.#next = undefined;
				return kernelQueues();
			},
		);
		return (await this.#next).get(key);
	}
}
