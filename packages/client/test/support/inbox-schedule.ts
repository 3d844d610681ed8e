/** The users, devices and conversations of one schedule. */
import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { token } from "../../../server/test/support/token.ts";
import { FaultyProxy } from "./faulty-proxy.ts";
import type { Device, Wire } from "./inbox-device.ts";
import {
	listOf,
	logOf,
	unreadOf,
	wrongCommands,
	wrongEntries,
} from "./inbox-oracle.ts";
import { CONVERSATIONS, type InboxPlan, type RestAct } from "./inbox-plan.ts";
import { RawDevice, type Rewrite } from "./inbox-raw.ts";
import { type InboxSdk, SdkDevice } from "./inbox-sdk.ts";
import { passed, type RestartedServer } from "./restarted-server.ts";

const SETTLE_MS = 90_000;
/** Interval at which REST is asked for a state that no event announces. */
const ASK_MS = 100;
const MUTED_UNTIL = "2999-12-31T23:59:59.000Z";
/** Characters of a long message that a list shows. */
const LISTED_CHARACTERS = 1000;

/** Figures of a schedule. */
export interface ScheduleFigures {
	schedules: number;
	devices: number;
	connections: number;
	subscriptions: number;
	commands: number;
	acknowledged: number;
	reads: number;
	entries: number;
	faults: number;
	/** Longest time from the last answer until every list and badge was right, in milliseconds. */
	slowest: number;
}

interface Options {
	readonly sdk: InboxSdk;
	readonly rewrite?: () => Rewrite;
	readonly settleMs?: number;
}

export class InboxSchedule {
	readonly #name: string;
	readonly #plan: InboxPlan;
	readonly #server: RestartedServer;
	readonly #users: readonly string[];
	readonly #devices: readonly Device[];
	/** Owns every conversation and has no device. */
	readonly #host: string;
	readonly #conversations: string[];
	readonly #waiting: Set<() => void>;
	readonly #settleMs: number;
	#entries = 0;
	#slowest = 0;

	private constructor(
		name: string,
		plan: InboxPlan,
		server: RestartedServer,
		settleMs: number,
		{
			users,
			devices,
			host,
			conversations,
			waiting,
		}: {
			users: readonly string[];
			devices: readonly Device[];
			host: string;
			conversations: string[];
			waiting: Set<() => void>;
		},
	) {
		this.#name = name;
		this.#plan = plan;
		this.#server = server;
		this.#settleMs = settleMs;
		this.#users = users;
		this.#devices = devices;
		this.#host = host;
		this.#conversations = conversations;
		this.#waiting = waiting;
	}

	static async prepare(
		name: string,
		plan: InboxPlan,
		server: RestartedServer,
		{ sdk, rewrite, settleMs = SETTLE_MS }: Options,
	): Promise<InboxSchedule> {
		const users = Array.from({ length: plan.users }, () => randomUUID());
		const host = randomUUID();
		const conversations = Array.from({ length: CONVERSATIONS }, () =>
			randomUUID(),
		);
		const waiting = new Set<() => void>();
		const devices = await Promise.all(
			plan.devices.map(async ({ user, kind }, i): Promise<Device> => {
				const options = {
					name: `${name}/${i} (${kind})`,
					user,
					userId: users[user] ?? "",
					padding: plan.padding,
					proxy: await FaultyProxy.start(server),
					changed: () => {
						for (const check of waiting) check();
					},
				};
				return kind === "sdk"
					? new SdkDevice(options, sdk)
					: new RawDevice(options, rewrite?.());
			}),
		);
		const schedule = new InboxSchedule(name, plan, server, settleMs, {
			users,
			devices,
			host,
			conversations,
			waiting,
		});
		for (const id of conversations) {
			const made = await schedule.#create(id);
			if (made?.status !== 201)
				throw new Error(`${name}: create: ${made?.status}`);
		}
		for (const device of devices) device.open();
		await schedule.#until(
			() => devices.every(({ isSettled }) => isSettled),
			() => "every device to have its list",
		);
		return schedule;
	}

	/** Performs the plan. */
	async perform(): Promise<void> {
		const begun = performance.now();
		const overRest = async (): Promise<void> => {
			for (const act of this.#plan.restActs) {
				await passed(begun + act.at - performance.now());
				await this.#rest(act);
			}
		};
		const onDevices = async (): Promise<void> => {
			for (const act of this.#plan.acts) {
				await passed(begun + act.at - performance.now());
				const device = this.#devices[act.who];
				if (act.kind === "fault") device?.suffer(act.fault);
				else
					for (const deed of act.deeds)
						device?.perform(this.#conversations[deed.where] ?? "", deed);
			}
		};
		await Promise.all([overRest(), onDevices()]);
	}

	/** Ends all faults, waits for quiet, and compares every device with REST, the log and the oracle. */
	async audit(): Promise<string[]> {
		const devices = this.#devices;
		const { now } = this.#server;
		const bearers = await Promise.all(this.#users.map((user) => token(user)));
		const lists = (): Promise<Map<string, Wire>[]> =>
			Promise.all(bearers.map((bearer) => listOf(now.address, bearer)));
		const before = await lists();
		for (const device of devices)
			device.heal(new Set(before[device.options.user]?.keys()));
		await this.#until(
			() => devices.every(({ isSettled }) => isSettled),
			() =>
				devices
					.filter(({ isSettled }) => !isSettled)
					.map(
						({ options, complaints }) =>
							`${options.name} to have all answers; ${complaints.slice(0, 3).join("; ")}`,
					)
					.join("\n"),
		);
		const quiet = performance.now();
		const bearer = await token(this.#host);
		const logs = new Map<string, readonly Wire[]>();
		for (const id of this.#conversations)
			logs.set(id, await logOf(now, id, bearer).catch(() => []));
		const badges = this.#users.map((userId, user) => {
			const counted = new Map<string, number>();
			for (const [id, log] of logs) {
				const reads = devices
					.filter(({ options }) => options.user === user)
					.flatMap((device) => [...(device.reads.get(id) ?? [])]);
				counted.set(id, unreadOf(log, userId, new Set(reads)));
			}
			return counted;
		});
		// Reads have no answer: the server may have some of them still before it.
		const wrongBadges = async (): Promise<string[]> =>
			(await lists()).flatMap((rows, user) =>
				[...rows].flatMap(([id, { unread }]) =>
					unread === badges[user]?.get(id)
						? []
						: [
								`user ${user}, ${id}: REST has ${unread} unread, the oracle ${badges[user]?.get(id)}`,
							],
				),
			);
		let wrong = await wrongBadges();
		while (wrong.length > 0 && performance.now() - quiet < this.#settleMs) {
			await passed(ASK_MS);
			wrong = await wrongBadges();
		}
		if (wrong.length > 0) return wrong.map((it) => `${this.#name}: ${it}`);
		const listed = await Promise.all(devices.map((device) => device.listed()));
		const rows = await lists();
		const everyWrong = (): string[] =>
			devices.flatMap((device, i) => [
				...wrongRows(device, listed[i] ?? new Map()),
				...wrongTotals(device, rows[device.options.user] ?? new Map(), badges),
				...wrongEntries(device, logs),
			]);
		await this.#until(
			() => everyWrong().length === 0,
			() => everyWrong().slice(0, 10).join("\n"),
		);
		this.#slowest = Math.round(performance.now() - quiet);
		for (const log of logs.values()) this.#entries += log.length;
		return devices.flatMap((device) => [
			...device.complaints.map((it) => `${device.options.name}: ${it}`),
			...wrongCommands(device, logs),
		]);
	}

	figures(): ScheduleFigures {
		const devices = this.#devices;
		const given = devices.flatMap((device) => device.given);
		return {
			schedules: 1,
			devices: devices.length,
			connections: devices.reduce(
				(all, { connections }) => all + connections,
				0,
			),
			subscriptions: devices.reduce((all, it) => all + it.received().length, 0),
			commands: given.length,
			acknowledged: given.filter(({ outcome }) => typeof outcome === "object")
				.length,
			reads: devices
				.flatMap(({ reads }) => [...reads.values()])
				.reduce((all, { size }) => all + size, 0),
			entries: this.#entries,
			faults: this.#plan.acts.filter(({ kind }) => kind === "fault").length,
			slowest: this.#slowest,
		};
	}

	close(): void {
		for (const device of this.#devices) device.close();
	}

	/** Performs an act, if the server can be reached. The log tells whether it happened. */
	async #rest({ kind, user, where }: RestAct): Promise<void> {
		const path = `/v1/conversations/${this.#conversations[where]}`;
		const userId = this.#users[user] ?? "";
		if (kind === "create") {
			const id = randomUUID();
			this.#conversations.push(id);
			await this.#create(id);
		} else if (kind === "remove")
			await this.#call("DELETE", `${path}/participants/${userId}`, this.#host);
		else if (kind === "add")
			await this.#call("POST", `${path}/participants`, this.#host, {
				participant_ids: [userId],
			});
		else
			await this.#call(
				"PUT",
				`${path}/me`,
				userId,
				kind === "mute" ? { muted_until: MUTED_UNTIL } : { archived: true },
			);
	}

	#create(conversation_id: string): Promise<Response | undefined> {
		return this.#call("POST", "/v1/conversations", this.#host, {
			conversation_id,
			participant_ids: this.#users,
		});
	}

	async #call(
		method: string,
		path: string,
		userId: string,
		body?: object,
	): Promise<Response | undefined> {
		const response = await fetch(`http://${this.#server.now.address}${path}`, {
			method,
			headers: {
				Authorization: `Bearer ${await token(userId)}`,
				...(body ? { "Content-Type": "application/json" } : {}),
			},
			...(body ? { body: JSON.stringify(body) } : {}),
		}).catch(() => undefined);
		await response?.text().catch(() => "");
		return response;
	}

	/** Resolves when the check passes after a change of a device. */
	#until(check: () => boolean, what: () => string): Promise<void> {
		return new Promise((resolve, reject) => {
			const end = (): void => {
				clearTimeout(timer);
				clearInterval(again);
				this.#waiting.delete(tried);
			};
			const tried = (): void => {
				if (!check()) return;
				end();
				resolve();
			};
			// Not every change of a device has an event.
			const again = setInterval(tried, ASK_MS);
			const timer = setTimeout(() => {
				end();
				reject(new Error(`${this.#name}: expected ${what()}`));
			}, this.#settleMs);
			this.#waiting.add(tried);
			tried();
		});
	}
}

/** Compares a device's list with that of REST. */
function wrongRows(
	device: Device,
	listed: ReadonlyMap<string, object>,
): string[] {
	const { name } = device.options;
	const ids = new Set([...device.rows.keys(), ...listed.keys()]);
	return [...ids].flatMap((id) => {
		const [row, expected] = [device.rows.get(id), listed.get(id)];
		return row && expected && isDeepStrictEqual(row, shortened(expected, row))
			? []
			: [
					`${name}: row ${JSON.stringify(row)}, REST ${JSON.stringify(expected)}`,
				];
	});
}

/** Shortens the last message of a row as the list does, if the device's row has a short one. */
function shortened(expected: object, row: object): object {
	const key = "lastMessage" in expected ? "lastMessage" : "last_message";
	const last = (expected as Wire)[key] as Wire | null;
	const shown = (row as Wire)[key] as Wire | null;
	if (!last || !shown?.truncated) return expected;
	const content = String(last.content).slice(0, LISTED_CHARACTERS);
	return {
		...expected,
		[key]: { ...last, content, metadata: {}, truncated: true },
	};
}

/** Compares a device's totals with the oracle's counts. */
function wrongTotals(
	{ options: { name, user }, totals }: Device,
	rows: ReadonlyMap<string, Wire>,
	badges: readonly ReadonlyMap<string, number>[],
): string[] {
	let unread = 0;
	for (const [id, { archived, muted_until }] of rows)
		if (archived !== true && !muted_until) unread += badges[user]?.get(id) ?? 0;
	return totals.unread === unread && totals.mentions === 0
		? []
		: [
				`${name}: totals ${JSON.stringify(totals)}, the oracle has ${unread} unread`,
			];
}
