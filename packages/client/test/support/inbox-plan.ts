/** Plan of users with many conversations and several devices each. A seed determines it, so a run can be repeated. */
import {
	type Act,
	Dice,
	fault,
	planServer,
	type ServerAct,
	SPAN_MS,
} from "./chaos-plan.ts";
import type { FaultAct } from "./proxy-faults.ts";

/** `sdk`: the client library. `raw`: a WebSocket client of the inbox. */
interface DevicePlan {
	readonly user: number;
	readonly kind: "sdk" | "raw";
}

/** What a device does in a conversation. */
export interface Deed {
	readonly what: "subscribe" | "unsubscribe" | "send" | "read" | "delete";
	/** Index of the conversation. */
	readonly where: number;
	/** Number for all other choices. */
	readonly choice: number;
}

type DeviceAct = { readonly at: number; readonly who: number } & (
	| { readonly kind: "do"; readonly deeds: readonly Deed[] }
	| { readonly kind: "fault"; readonly fault: FaultAct }
);

/** What happens over REST. `add` and `remove` concern `user`; the user sets `mute` and `archive` alone. */
export interface RestAct {
	readonly at: number;
	readonly kind: "add" | "remove" | "create" | "mute" | "archive";
	readonly user: number;
	readonly where: number;
}

export interface InboxPlan {
	readonly users: number;
	readonly devices: readonly DevicePlan[];
	/** Characters added to each content, so that slow clients fall behind. */
	readonly padding: number;
	/** Sorted by time. */
	readonly acts: readonly DeviceAct[];
	/** Sorted by time. */
	readonly restActs: readonly RestAct[];
}

/** Schedules that share a server, and the server's faults. */
export interface InboxRound {
	readonly seed: number;
	readonly schedules: readonly InboxPlan[];
	readonly serverActs: readonly ServerAct[];
}

export const CONVERSATIONS = 50;
/** Conversations in which most of a schedule happens, so that its acts meet. */
const BUSY = 5;
/** More than the 4,096 bytes that a row shows, and enough for a burst to fill the buffers of a connection. */
const PADDING = 40_000;
const BURST = 60;
const DEVICES: readonly DevicePlan["kind"][] = ["sdk", "raw", "raw"];

export function planInboxes(
	seed: number,
	schedules: number,
	serverActs: readonly ServerAct["kind"][],
): InboxRound {
	const dice = new Dice(seed);
	return {
		seed,
		serverActs: planServer(dice, serverActs),
		schedules: Array.from({ length: schedules }, (_, i) =>
			// In one schedule of every other round, contents are long.
			planSchedule(dice, i === 0 && seed % 2 === 0 ? PADDING : 0),
		),
	};
}

function planSchedule(dice: Dice, padding: number): InboxPlan {
	const users = dice.between(2, 3);
	const devices = Array.from({ length: users }, (_, user) =>
		DEVICES.map((kind): DevicePlan => ({ user, kind })),
	).flat();
	const where = (): number =>
		dice.chance(0.8)
			? dice.between(0, BUSY - 1)
			: dice.between(0, CONVERSATIONS - 1);
	const deed = (what: Deed["what"]): Deed => ({
		what,
		where: where(),
		choice: dice.between(0, 1e6),
	});
	const acts: DeviceAct[] = [];
	for (const who of devices.keys()) {
		const at = (): number => dice.between(0, SPAN_MS);
		acts.push({
			kind: "do",
			who,
			at: 0,
			deeds: Array.from({ length: dice.between(1, 8) }, () =>
				deed("subscribe"),
			),
		});
		for (let i = dice.between(6, 12); i > 0; i--)
			acts.push({
				kind: "do",
				who,
				at: at(),
				deeds: Array.from({ length: dice.between(1, 6) }, () =>
					deed(
						dice.of([
							"subscribe",
							"subscribe",
							"unsubscribe",
							"send",
							"send",
							"send",
							"read",
							"read",
							"delete",
						]),
					),
				),
			});
		for (let i = dice.between(1, 3); i > 0; i--) {
			const when = at();
			const planned = fault(dice, who, when) as Exclude<
				Act,
				{ kind: "write" | "restart" | "join" }
			>;
			acts.push({ kind: "fault", who, at: when, fault: planned });
		}
		if (padding > 0 || dice.chance(0.2))
			acts.push({
				kind: "fault",
				who,
				at: at(),
				fault: { kind: "slow", ms: dice.between(300, 1200) },
			});
	}
	if (padding > 0)
		acts.push({
			kind: "do",
			who: 1,
			at: dice.between(300, 900),
			deeds: Array.from({ length: BURST }, () => ({
				...deed("send"),
				where: 0,
			})),
		});
	const restActs = Array.from(
		{ length: dice.between(4, 10) },
		(): RestAct => ({
			at: dice.between(0, SPAN_MS),
			kind: dice.of(["remove", "remove", "add", "create", "mute", "archive"]),
			user: dice.between(0, users - 1),
			where: where(),
		}),
	);
	const byTime = (a: { at: number }, b: { at: number }): number => a.at - b.at;
	return {
		users,
		devices,
		padding,
		acts: acts.sort(byTime),
		// A user who was removed comes back in half of the cases.
		restActs: restActs
			.flatMap((act) =>
				act.kind === "remove" && dice.chance(0.5)
					? [act, { ...act, kind: "add" as const, at: act.at + 300 }]
					: [act],
			)
			.sort(byTime),
	};
}
