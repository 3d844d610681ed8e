/** Load: conversations with clients of different kinds that chat until they are stopped. */
import { randomUUID } from "node:crypto";
import type { RoomRecord } from "../oracle/record.ts";
import type { Client, Seat } from "./client.ts";
import { history, receipts, rest } from "./http.ts";
import { type Event, Journal, Ticker } from "./journal.ts";
import { RestClient } from "./rest-client.ts";
import { SdkClient } from "./sdk-client.ts";
import { type Habits, SocketClient } from "./socket-client.ts";
import { createToken } from "./token.ts";

interface Role {
	readonly name: string;
	readonly uses: Partial<Habits> | "sdk" | "rest";
	/** Sends a message every so many ticks; 0 for never. */
	readonly everyTicks: number;
	/** Whether {@link Load.stopReading} stops this client. */
	readonly isSlow?: true;
}

/** Close to the maximum size of a message's metadata. */
const MUCH_BYTES = 16_000;

/** Clients of each room. */
const ROLES: readonly Role[] = [
	{ name: "plain sender with ids", uses: { withIds: true }, everyTicks: 4 },
	{ name: "plain sender without ids", uses: {}, everyTicks: 4 },
	{
		name: "v1 sender with ids",
		uses: { v1: true, withIds: true, resumes: "after" },
		everyTicks: 4,
	},
	{ name: "SDK", uses: "sdk", everyTicks: 8 },
	{ name: "REST sender", uses: "rest", everyTicks: 32 },
	{ name: "plain receiver", uses: { resumes: "after" }, everyTicks: 0 },
	{
		name: "v1 receiver",
		uses: { v1: true, resumes: "after", reads: true },
		everyTicks: 0,
	},
	{
		name: "plain sender on a device",
		uses: { withIds: true, resumes: "device", declinesCompression: true },
		everyTicks: 8,
		isSlow: true,
	},
	{
		name: "slow receiver",
		uses: { resumes: "after", declinesCompression: true },
		everyTicks: 0,
		isSlow: true,
	},
	{
		name: "sender of much",
		uses: { withIds: true, bytes: MUCH_BYTES },
		everyTicks: 128,
	},
];
/** Clients send in turn, so that at any moment a message is on its way to the disk. */
const TICK_MS = 2;
/** Time limit for an expected event. Even on a busy machine only a defect takes so long. */
const PATIENCE_MS = 30_000;

interface Person {
	readonly seat: Seat;
	readonly client: Client;
	readonly role: Role;
}

interface Room {
	readonly id: string;
	readonly people: readonly Person[];
}

export class Load {
	readonly #rooms: Room[] = [];
	readonly #waiting = new Set<() => void>();
	/** Number of refusals per code or status. */
	readonly refusals = new Map<string, number>();
	#delivered = 0;
	#acknowledged = 0;
	#pinged = 0;
	#clockOffsetMs = 0;
	#said = 0;
	#ticks: NodeJS.Timeout | undefined;

	/**
	 * Creates conversations and connects the clients.
	 * @param address of the server, for the load's own requests
	 * @param endpoint address that the clients connect to
	 */
	static async begin(
		address: string,
		endpoint: string,
		rooms: number,
	): Promise<Load> {
		const load = new Load();
		for (let i = 0; i < rooms; i++)
			load.#rooms.push(await load.#createRoom(`of room ${i}`, endpoint));
		for (const { id, people } of load.#rooms)
			await makeConversation(address, id, people);
		for (const { client } of load.#people) client.start();
		return load;
	}

	/** Contents that clients send again until there is an answer. */
	get unanswered(): number {
		return this.#people.reduce((sum, it) => sum + it.client.unanswered, 0);
	}
	get connected(): number {
		return this.#people.filter((it) => it.client.isConnected).length;
	}
	/** Number of acknowledgements so far. */
	get acknowledged(): number {
		return this.#acknowledged;
	}
	/** Milliseconds by which the server's clock is ahead of this one, from the newest message. */
	get clockOffsetMs(): number {
		return this.#clockOffsetMs;
	}
	/** One member of each conversation. */
	get members(): Seat[] {
		return this.#rooms.flatMap(({ people }) => people[0]?.seat ?? []);
	}
	get #people(): readonly Person[] {
		return this.#rooms.flatMap((room) => room.people);
	}
	get #slow(): readonly Person[] {
		return this.#people.filter(({ role }) => role.isSlow);
	}

	/** Lets the senders send every few milliseconds until {@link quiet}. */
	chat(): void {
		let tick = 0;
		this.#ticks = setInterval(() => {
			tick++;
			for (const [i, person] of this.#people.entries()) {
				const { everyTicks } = person.role;
				if (everyTicks > 0 && (tick + i) % everyTicks === 0) this.#say(person);
			}
		}, TICK_MS);
	}

	/** Lets every sender send now, so that the disk is certainly busy. */
	burst(): void {
		for (const person of this.#people)
			if (person.role.everyTicks > 0) this.#say(person);
	}

	/** Cuts the connections of some clients, which then reconnect. */
	drop(count: number): void {
		for (const { client } of this.#people.slice(0, count)) client.drop();
	}

	/** Lets the slow clients stop reading or continue. */
	stopReading(): void {
		for (const { client } of this.#slow) client.stopReading();
	}
	readOn(): void {
		for (const { client } of this.#slow) client.readOn();
	}
	/** Cuts the connections of the slow clients. */
	dropSlow(): void {
		for (const { client } of this.#slow) client.drop();
	}

	/**
	 * Sends this many bytes at once in each room. Resolves when they are stored and delivered. @throws if that takes too
	 * long
	 */
	async flood(bytes: number): Promise<void> {
		const talkers = this.#people.filter(
			({ role }) => typeof role.uses === "object" && role.uses.bytes,
		);
		for (const talker of talkers)
			for (let said = 0; said < bytes; said += MUCH_BYTES) this.#say(talker);
		await this.until(
			() => talkers.every(({ client }) => client.unanswered === 0),
			"the delivery of a burst",
		);
	}

	quiet(): void {
		clearInterval(this.#ticks);
	}

	/** Resolves when all clients together have received this many more entries. @throws after the time limit */
	delivered(count: number, timeoutMs = PATIENCE_MS): Promise<void> {
		const due = this.#delivered + count;
		return this.until(
			() => this.#delivered >= due,
			`${count} entries more to be shown`,
			timeoutMs,
		);
	}

	/** Resolves when the server has sent this many more pings. @throws after the time limit */
	pinged(count: number): Promise<void> {
		const due = this.#pinged + count;
		return this.until(() => this.#pinged >= due, `${count} pings`);
	}

	/** Resolves when a condition holds. Checks it after every event. @throws after the time limit */
	until(
		isSo: () => boolean,
		what: string,
		timeoutMs = PATIENCE_MS,
	): Promise<void> {
		return new Promise((resolve, reject) => {
			const check = (): void => {
				if (!isSo()) return;
				clearTimeout(timer);
				this.#waiting.delete(check);
				resolve();
			};
			const timer = setTimeout(() => {
				this.#waiting.delete(check);
				reject(new Error(`waited ${timeoutMs} ms for ${what}`));
			}, timeoutMs);
			this.#waiting.add(check);
			check();
		});
	}

	/**
	 * Stops the senders and gives all clients time to receive every answer and entry. The oracle judges whether they did.
	 */
	async settle(): Promise<void> {
		this.quiet();
		let isPatient = true;
		const wait = async (isSo: () => boolean, what: string): Promise<void> => {
			if (isPatient)
				await this.until(isSo, what).catch(() => {
					isPatient = false;
				});
		};
		const isAnswered = (): boolean => this.unanswered === 0;
		await wait(isAnswered, "answers");
		await wait(
			() => this.#people.every(({ client }) => client.isConnected !== false),
			"connections",
		);
		// A client that has received these has received every earlier entry, or never will.
		for (const person of this.#people)
			if (person.role.uses === "rest") this.#say(person);
		await wait(isAnswered, "answers");
		await wait(
			() => this.#rooms.every(everybodyIsEven),
			"the delivery of all entries to all clients",
		);
	}

	/** Journals of all clients so far. */
	get rooms(): Pick<RoomRecord, "conversationId" | "clients">[] {
		return this.#rooms.map(({ id, people }) => ({
			conversationId: id,
			clients: people.map(({ seat, role }) => ({
				name: seat.name,
				userId: seat.userId,
				resumes: typeof role.uses === "object" ? role.uses.resumes : undefined,
				events: [...seat.journal.events],
			})),
		}));
	}

	/**
	 * Returns the journals and the stored entries.
	 * @param starts start times of the server, in milliseconds on the clock of the events
	 */
	async record(
		address: string,
		starts: readonly number[],
	): Promise<RoomRecord[]> {
		const rooms = this.rooms;
		return Promise.all(
			this.members.map(async ({ conversationId: id, token }, i) => ({
				conversationId: id,
				clients: rooms[i]?.clients ?? [],
				stored: await history(address, id, token),
				watermarks: await receipts(address, id, token),
				starts,
			})),
		);
	}

	end(): void {
		this.quiet();
		for (const { client } of this.#people) client.end();
	}

	async #createRoom(where: string, endpoint: string): Promise<Room> {
		const ticker = new Ticker();
		const id = randomUUID();
		const onEvent = (event: Event): void => this.#onEvent(event);
		const people = ROLES.map(async (role): Promise<Person> => {
			const userId = randomUUID();
			const seat: Seat = {
				name: `${role.name} ${where}`,
				userId,
				token: await createToken(userId),
				conversationId: id,
				journal: new Journal(ticker, onEvent),
				endpoint,
			};
			return { seat, client: createDriver(role, seat), role };
		});
		return { id, people: await Promise.all(people) };
	}

	#onEvent(event: Event): void {
		if (event.kind === "delivered") {
			this.#delivered++;
			this.#clockOffsetMs = Date.parse(event.entry.timestamp) - Date.now();
		}
		if (event.kind === "acknowledged") this.#acknowledged++;
		if (event.kind === "pinged") this.#pinged++;
		if (event.kind === "refused")
			this.refusals.set(event.code, (this.refusals.get(event.code) ?? 0) + 1);
		for (const check of this.#waiting) check();
	}

	#say({ client, seat }: Person): void {
		client.say(`${seat.name}: ${this.#said++}`);
	}
}

function createDriver({ uses }: Role, seat: Seat): Client {
	if (uses === "rest") return new RestClient(seat);
	return uses === "sdk" ? new SdkClient(seat) : new SocketClient(seat, uses);
}

function everybodyIsEven({ people }: Room): boolean {
	const end = Math.max(...people.map((it) => it.seat.journal.acknowledgedSeq));
	return people.every(
		({ client }) =>
			client.isConnected === undefined ||
			(client.isConnected && client.shownSeq >= end),
	);
}

async function makeConversation(
	address: string,
	id: string,
	[owner, ...others]: readonly Person[],
): Promise<void> {
	const { status, body } = await rest(
		address,
		"POST",
		"/v1/conversations",
		owner?.seat.token ?? "",
		{
			conversation_id: id,
			participant_ids: others.map(({ seat }) => seat.userId),
		},
	);
	if (status !== 201)
		throw new Error(
			`the server created no conversation: ${status} ${JSON.stringify(body)}`,
		);
}
