/** Targets of this server, mostly relative to other servers in the same run. */
import { type Measured, measured, type Results } from "./results.ts";

export interface Target {
	readonly workload: string;
	readonly what: string;
	/** Bound as text with its unit. */
	readonly wanted: string;
	readonly got: string;
	readonly reached: boolean;
}

const OURS = "secureconnect";

export function targets(results: Results): Target[] {
	const median = (workload: string, subject: string, figure: string): number =>
		measured(results[workload], subject, figure)?.median ?? Number.NaN;
	const found: Target[] = [];
	const add = (
		workload: string,
		what: string,
		wanted: string,
		got: string,
		reached: boolean,
	): void => {
		if (!got.includes("NaN"))
			found.push({ workload, what, wanted, got, reached });
	};
	const compare =
		(bound: "at most" | "at least") =>
		(
			workload: string,
			figure: string,
			what: string,
			factor: number,
			subject: string,
		): void => {
			const ratio =
				median(workload, OURS, figure) / median(workload, subject, figure);
			add(
				workload,
				what,
				`${bound} ${factor} x ${subject}`,
				`${ratio.toFixed(2)} x`,
				bound === "at most" ? ratio <= factor : ratio >= factor,
			);
		};
	const atMost = compare("at most");
	const atLeast = compare("at least");
	const below = (
		workload: string,
		what: string,
		value: number,
		limit: number,
		unit: string,
		meaning: string,
	): void =>
		add(
			workload,
			what,
			`at most ${limit.toFixed(1)} ${unit}${meaning}`,
			`${value.toFixed(1)} ${unit}`,
			value <= limit,
		);

	for (const subject of [OURS, "as deployed"])
		below(
			"a",
			`RSS per connection, ${subject}`,
			median("a", subject, "rssKiBPerConnection"),
			10,
			"KiB",
			"",
		);
	atMost("a", "cpuMicrosPerAccept", "CPU to accept", 1.6, "ws");
	atMost("b", "cpuMicrosPerDelivery", "CPU per delivery", 1.3, "floor");
	atMost("b", "cpuMicrosPerDelivery", "CPU per delivery", 0.5, "socket.io");
	const delivered =
		measured(results.b, OURS, "deliveredShare")?.low ?? Number.NaN;
	add(
		"b",
		"delivered",
		"100 %",
		`${(delivered * 100).toFixed(2)} %`,
		delivered === 1,
	);
	below(
		"b",
		"p99",
		median("b", OURS, "p99"),
		median("b", "floor", "p99") + 30,
		"ms",
		" (floor + 30)",
	);
	atLeast("c", "deliveriesPerSecond", "deliveries/s", 15, "socket.io");
	atLeast("c", "deliveriesPerSecond", "deliveries/s", 0.5, "floor");
	const commit = results.d?.circumstances.commitMs;
	if (commit) {
		below(
			"d",
			"p50",
			median("d", OURS, "p50"),
			median("d", "floor", "p50") + 2 * commit.p50,
			"ms",
			` (floor + 2 x ${commit.p50.toFixed(2)}, the median commit)`,
		);
		below(
			"d",
			"p99",
			median("d", OURS, "p99"),
			median("d", "floor", "p99") + 3 * commit.p99,
			"ms",
			` (floor + 3 x ${commit.p99.toFixed(2)}, the commits' p99)`,
		);
	}
	atLeast("e", "deliveriesPerSecond", "deliveries/s", 4, "socket.io");
	below(
		"f",
		"CPU per message",
		median("f", OURS, "cpuMicrosPerMessage"),
		median("e", OURS, "cpuMicrosPerMessage"),
		"us",
		" (that of e)",
	);
	atMost("g", "allBackMs", "time until all are back", 3, "ws");
	const pages = ["shortNewest", "shortMiddle", "longNewest", "longMiddle"].map(
		(figure) => median("h", OURS, figure),
	);
	const spread = Math.max(...pages) / Math.min(...pages);
	add(
		"h",
		"dearest page over cheapest",
		"at most 1.2",
		spread.toFixed(2),
		spread <= 1.2,
	);
	const [alone, beside] = ["alone", "beside a stalled reader"].map((subject) =>
		median("i", subject, "p99"),
	);
	if (alone !== undefined && beside !== undefined)
		below(
			"i",
			"p99 of the others",
			beside,
			Math.max(alone * 1.1, alone + 2),
			"ms",
			` (alone ${alone.toFixed(1)}, and 10 % or 2 ms)`,
		);
	below(
		"i",
		"queued for the one",
		median("i", "beside a stalled reader", "queuedKiB"),
		384,
		"KiB",
		" (the bound and a page)",
	);
	found.push(...compression(results));
	const cursors =
		median("k", "with cursors", "cpuMicrosPerDelivery") /
		median("k", "without cursors", "cpuMicrosPerDelivery");
	add(
		"k",
		"CPU per delivery",
		"at most 1.15 x without cursors",
		`${cursors.toFixed(2)} x`,
		cursors <= 1.15,
	);
	return found;
}

/**
 * Target of the shared compression. If the server compressed for each receiver, each would cost one compression. With
 * shared frames, a receiver costs one write.
 */
function compression(results: Results): Target[] {
	const counts = Object.keys(results.j?.runs ?? {})
		.filter((subject) => subject.startsWith("compressed"))
		.map((subject) => Number(subject.split(" ").at(-1)))
		.sort((a, b) => a - b);
	const [few] = counts;
	const many = counts.at(-1);
	if (few === undefined || many === undefined || few === many) return [];
	const cost = (kind: string, count: number): Measured | undefined =>
		measured(results.j, `${kind} to ${count}`, "cpuMicrosPerMessage");
	const perReceiver = (kind: string): number =>
		((cost(kind, many)?.median ?? Number.NaN) -
			(cost(kind, few)?.median ?? Number.NaN)) /
		(many - few);
	const [plain, compressed] = [perReceiver("plain"), perReceiver("compressed")];
	return [
		{
			workload: "j",
			what: "CPU of each further receiver",
			wanted: `compressed no more than plain (${plain.toFixed(1)} us)`,
			got: `${compressed.toFixed(1)} us`,
			reached: compressed <= plain,
		},
	];
}
