/** Generates docs/client-connection.md. */
import { INITIAL, next } from "../packages/client/src/connection-state.ts";
import {
	type Cells,
	EVENTS,
	explore,
	LABELS,
	NOON,
	NOTED,
	type Rule,
	STATES,
	type StateName,
	type Trial,
} from "./connection-table.ts";

const LISTS = /^(closed|refused) with /;

function seconds(ms: number): string {
	return String(ms / 1000);
}

/** Describes the wait before the first attempt and, if it differs, before the last one. */
function waiting(trials: readonly Trial[]): string {
	const ranges = [...trials]
		.sort((a, b) => a.attempts - b.attempts)
		.flatMap(({ waits }) => (waits ? [waits] : []))
		.map(([from, to]) =>
			from === to ? `${seconds(to)} s` : `${seconds(from)} to ${seconds(to)} s`,
		);
	const [first, last] = [ranges[0], ranges.at(-1)];
	if (first === undefined) return "";
	return first === last
		? `, for ${first}`
		: `, for ${first}, growing to ${last}`;
}

function told(rules: readonly Rule[]): string {
	const outcomes = new Set(rules.map(({ trials }) => trials[0]?.outcome));
	outcomes.delete("");
	if (outcomes.size === 0) return "";
	if (outcomes.size === 1 && outcomes.has(NOTED)) return NOTED;
	return rules
		.map(
			({ circumstance, trials }) =>
				`${circumstance ? `${circumstance}: ` : rules.length > 1 ? "otherwise: " : ""}${trials[0]?.outcome || "nothing"}${waiting(trials)}`,
		)
		.join("; ");
}

/** Groups items with the same value, in the order of their first items. */
function grouped<T>(
	items: Iterable<T>,
	sharedBy: (item: T) => string,
): [string, T[]][] {
	const groups = new Map<string, T[]>();
	for (const item of items) {
		const value = sharedBy(item);
		groups.set(value, [...(groups.get(value) ?? []), item]);
	}
	return [...groups];
}

/**
 * Joins labels: "closed with 1006, 1011" for "closed with 1006" and "closed with 1011".
 * @param isShort whether to omit labels that only refine a label in the list
 */
function listed(labels: readonly string[], isShort = false): string[] {
	return grouped(labels, (label) => LISTS.exec(label)?.[0] ?? label).map(
		([prefix, those]) => {
			if (!LISTS.test(prefix)) return prefix;
			const all = LABELS.filter((label) => label.startsWith(prefix));
			if (those.length === all.length) return `${prefix}any code`;
			const numbers = those.map((label) => label.slice(prefix.length));
			const isShown = (it: string): boolean =>
				!isShort || !numbers.some((of) => of !== it && it.startsWith(of));
			return prefix + numbers.filter(isShown).join(", ");
		},
	);
}

function table(cells: Cells): string {
	const rows = Object.values(EVENTS).flatMap((those) => {
		const lines = [...cells].flatMap(([state, cell]) =>
			grouped(Object.keys(those), (label) => told(cell.get(label) ?? []))
				.filter(([what]) => what !== "")
				.map(([what, labels]) => ({
					state,
					what,
					when: listed(labels).join(", "),
				})),
		);
		return grouped(lines, ({ when, what }) => `${when} | ${what}`);
	});
	return rows
		.map(([, same]) => {
			const { when = "", what = "" } = same[0] ?? {};
			return `| ${when} | ${same.map(({ state }) => state).join(", ")} | ${what} |`;
		})
		.join("\n");
}

interface Edge {
	readonly from: StateName;
	readonly to: StateName;
	readonly circumstance: string;
	readonly label: string;
}

function labelsOf(edges: readonly Edge[]): string[] {
	return [...new Set(edges.map(({ label }) => label))];
}

function diagram(cells: Cells): string {
	const edges: Edge[] = [...cells].flatMap(([from, cell]) =>
		[...cell].flatMap(([label, rules]) =>
			rules.flatMap(({ circumstance = "", trials }) => {
				const to = trials[0]?.to ?? from;
				return to === from ? [] : [{ from, to, circumstance, label }];
			}),
		),
	);
	// An event that leads to the same state from every other state becomes one note.
	const everywhere = grouped(edges, ({ label, to }) => `${to}|${label}`)
		.filter(([, those]) => those.length === cells.size - 1)
		.map(([, [edge]]) => edge as Edge);
	const drawn = edges.filter(
		(edge) =>
			!everywhere.some(
				({ to, label }) => to === edge.to && label === edge.label,
			) &&
			// Omit a circumstance that leads to the same state as the event without it.
			!(
				edge.circumstance !== "" &&
				edges.some(
					({ from, to, circumstance, label }) =>
						circumstance === "" &&
						from === edge.from &&
						to === edge.to &&
						label === edge.label,
				)
			),
	);
	const elsewhere = (edge: Edge): StateName | undefined => {
		const where = ({ from, to }: Edge, circumstance: string): string =>
			labelsOf(
				drawn.filter(
					(it) =>
						it.from === from &&
						it.to === to &&
						it.circumstance === circumstance,
				),
			).join();
		if (edge.circumstance === "") return undefined;
		return drawn.find(
			(it) =>
				it.from === edge.from &&
				it.circumstance === "" &&
				where(it, "") === where(edge, edge.circumstance),
		)?.to;
	};
	// If a circumstance always replaces the same state, one note replaces an additional arrow beside each of its arrows.
	const instead = grouped(
		drawn.filter(elsewhere),
		(edge) => `${edge.to}: instead of ${elsewhere(edge)}, ${edge.circumstance}`,
	).filter(([, those]) => new Set(those.map(({ from }) => from)).size > 2);
	const arrows = grouped(
		drawn.filter((edge) => !instead.some(([, those]) => those.includes(edge))),
		({ from, to }) => `${from} --> ${to}`,
	).map(([arrow, those]) => {
		const lines = grouped(those, ({ circumstance }) => circumstance).map(
			([circumstance, them]) =>
				[listed(labelsOf(them), true).join("<br/>"), circumstance]
					.filter(Boolean)
					.join(", "),
		);
		return `\t${arrow}: ${lines.join("<br/>")}`;
	});
	const notes = [
		...everywhere.map(({ to, label }) => `${to}: ${label} in any state`),
		...instead.map(([note]) => note),
	];
	return [
		"stateDiagram-v2",
		`\t[*] --> ${INITIAL.state.name}`,
		...arrows,
		...notes.map((note) => `\tnote right of ${note}`),
	]
		.join("\n")
		.replaceAll("`", "");
}

/** Returns the intervals with one attempt each, in seconds, after answers that order no wait. */
function schedule(): string {
	const longest: string[] = [];
	let { state } = INITIAL;
	while (state.name !== "given_up") {
		for (const event of [
			{ type: "token_ready" },
			{ type: "socket_closed", code: 1006, reason: "" },
			{ type: "answered", status: 0, error: "", retryAfterMs: 0 },
		] as const)
			({ state } = next(state, event, { now: NOON, roll: 1 }));
		if (state.name !== "waiting") break;
		longest.push(seconds(state.delayMs));
		({ state } = next(state, { type: "due" }, { now: NOON, roll: 1 }));
	}
	return longest.join(", ");
}

/** Returns the content of the page. */
export function connectionPage(): string {
	const cells = explore();
	const states = Object.entries(STATES).map(
		([name, meaning]) => `| \`${name}\` | ${meaning} |`,
	);
	return `# The client's connection

The values of \`conversation.state.name\` of [the client](client.md), and the events that lead from one state to the next.
One pure function in [\`connection-state.ts\`](../packages/client/src/connection-state.ts) decides all transitions;
\`npm run docs\` generates this page from its answers.

| state | meaning |
|---|---|
${states.join("\n")}

\`\`\`mermaid
${diagram(cells)}
\`\`\`

After a failure the client divides the time into ten intervals (in seconds):
${schedule()}.
In each interval it makes one attempt at a random moment. No wait is therefore longer than that of the original protocol
document (1 s, doubling to 30 s), and clients that lost their connections together return evenly spread, however long the
server was away ([measurements](../packages/client/CHAOS.md)). After ten attempts the client gives up, until the network
returns, the user looks at the page, or the application calls \`reconnect()\`.

## Events and transitions

An event that is not listed for a state changes nothing. "Noted": the state stays the same; the client remembers whether
there is a network, and the next wait is \`offline\` or \`waiting\` accordingly.

| event | in | next state, effects |
|---|---|---|
${table(cells)}

On Node a refused handshake shows its status at once, so the client skips \`probing\`.
`;
}
