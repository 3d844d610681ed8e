import { readFile } from "node:fs/promises";
import { isIPv4, type Socket } from "node:net";

/** Linux's tables of TCP sockets (proc(5)), with the length of an address in each. */
const TABLES = [
	{ path: "/proc/self/net/tcp", addressLength: 8 },
	{ path: "/proc/self/net/tcp6", addressLength: 32 },
];
const PORT_LENGTH = 4;
/**
 * Fields after the peer's port: state, unacknowledged and unread bytes, the running timer, its due time, and retries.
 */
const REST =
	/^ \w\w (?<bytes>\w{8}):\w{8} (?<timer>\w\w):\w{8} (?<tries>\w{8})/;
const REST_LENGTH = 60;
const RETRANSMISSION_TIMER = "01";
/** Number of retransmissions in a row without an answer after which a host counts as gone: at least six seconds. */
const TRIES = 5;

/** Bytes that the kernel holds for a socket's peer. */
export interface KernelQueue {
	/** Number of bytes that are not acknowledged. */
	readonly bytes: number;
	/** Whether the kernel retransmits again and again without an answer. A peer that only reads slowly would answer. */
	readonly isLost: boolean;
}

/**
 * Asks the kernel how many bytes of a socket its peer has not acknowledged. A write completes when the kernel has the
 * bytes, and the kernel may hold megabytes. Without this, the server learns only after minutes that a peer takes three
 * kilobytes a second. One reading serves all callers in the same turn of the event loop. The table is as long as the
 * number of connections.
 */
export class KernelQueues {
	#next: Promise<ReadonlyMap<string, KernelQueue>> | undefined;
	#asked = new Set<string>();

	/**
	 * Returns what the kernel holds for a socket's peer, at a moment after the call. Resolves to undefined on systems
	 * other than Linux, or if the socket is closed.
	 * @throws {Error} if the tables exist and cannot be read, for example because no file descriptor is left
	 */
	async of(socket: Socket): Promise<KernelQueue | undefined> {
		const key = socketKey(socket);
		if (key === undefined) return undefined;
		this.#asked.add(key);
		this.#next ??= new Promise<void>((resolve) => setImmediate(resolve)).then(
			() => {
				const asked = this.#asked;
				this.#asked = new Set();
				this.#next = undefined;
				return lookUp(asked);
			},
		);
		return (await this.#next).get(key);
	}
}

async function lookUp(
	asked: ReadonlySet<string>,
): Promise<ReadonlyMap<string, KernelQueue>> {
	const found = new Map<string, KernelQueue>();
	for (const { path, addressLength } of TABLES) {
		const text = await readFile(path, "latin1").catch((error: unknown) => {
			if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
			throw error;
		});
		const keyLength = PORT_LENGTH + 1 + addressLength + 1 + PORT_LENGTH;
		// A line is "  12: 0100007F:1F92 0100007F:CC1A 01 00000000:00000000 ...". The reader keeps nothing of other
		// sockets' lines.
		for (let line = text.indexOf("\n"); line >= 0; ) {
			const next = text.indexOf("\n", line + 1);
			const key = text.indexOf(": ", line) + 2 + addressLength + 1;
			const name = text.slice(key, key + keyLength);
			if (asked.has(name)) {
				const at = key + keyLength;
				const rest = REST.exec(text.slice(at, at + REST_LENGTH))?.groups;
				if (rest) found.set(name, queueOf(rest));
			}
			line = next;
		}
	}
	return found;
}

function queueOf(row: Record<string, string>): KernelQueue {
	const { bytes = "", timer, tries = "" } = row;
	return {
		bytes: Number.parseInt(bytes, 16),
		isLost:
			timer === RETRANSMISSION_TIMER && Number.parseInt(tries, 16) >= TRIES,
	};
}

/**
 * Returns the name of a socket in the tables: its own port, and its peer's address and port. Returns undefined if the
 * socket is closed.
 */
function socketKey(socket: Socket): string | undefined {
	const { localPort, remoteAddress, remotePort } = socket;
	if (!localPort || !remoteAddress || !remotePort) return undefined;
	return `${portHex(localPort)} ${addressHex(remoteAddress)}:${portHex(remotePort)}`;
}

function portHex(port: number): string {
	return port.toString(16).toUpperCase().padStart(4, "0");
}

/**
 * Formats an address as 32-bit words in the machine's byte order: little-endian on every Linux that Node supports,
 * except s390x.
 */
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
		// An IPv4 client of a socket that listens on both families appears as ::ffff:192.0.2.1.
		if (group.includes(".")) return ipv4(group);
		const value = Number.parseInt(group, 16);
		return [value >> 8, value & 0xff];
	});
}
