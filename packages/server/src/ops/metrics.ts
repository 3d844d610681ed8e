import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { Hub } from "../chat/hub.ts";
import type { Gateway } from "../gateway/gateway.ts";
import type { GroupCommit } from "../log/group-commit.ts";
import type { LogHealth } from "../log/health.ts";

/** Creates the metrics for operators. Each value is read from its source on request. */
export function createMetrics(
	gateway: Gateway,
	hub: Hub,
	commit: GroupCommit,
	health: LogHealth,
	answers: { readonly used: number },
	incoming: { readonly used: number },
): Registry {
	const register = new Registry();
	collectDefaultMetrics({ register });
	const gauges: [string, string, () => number][] = [
		[
			"connections",
			"Open WebSocket connections.",
			() => gateway.connectionCount,
		],
		[
			"subscriptions",
			"Subscriptions of connections for several conversations.",
			() => gateway.subscriptionCount,
		],
		[
			"conversations",
			"Conversations that connections receive live. A user in the grace period counts as a connection.",
			() => hub.roomCount,
		],
		[
			"log_takes_writes",
			"1 while the message log accepts writes; 0 while it cannot, for example because its disk is full.",
			() => Number(health.takesWrites),
		],
		[
			"queued_bytes",
			"Bytes queued in memory for slow readers.",
			() => gateway.queuedBytes,
		],
		[
			"answer_bytes",
			"Bytes of REST answers that the server prepares or that clients have not read yet.",
			() => answers.used,
		],
		[
			"incoming_bytes",
			"Bytes of incoming messages and bodies that are incomplete or not handled yet.",
			() => incoming.used,
		],
		[
			"readers_catching_up",
			"Connections and subscriptions that receive entries from the log because they are slow or have just resumed.",
			() => hub.catchingUp.count,
		],
		[
			"readers_lag_entries",
			"Number of entries that the slowest reader in readers_catching_up is behind.",
			() => hub.catchingUp.lag,
		],
	];
	const counters: [string, string, () => number][] = [
		[
			"deliveries_total",
			"Writes to connections. A write holds one or more frames.",
			() => hub.deliveries,
		],
		[
			"log_commits_total",
			"Batches committed to the log.",
			() => commit.stats.batches,
		],
		[
			"log_writes_total",
			"Messages, watermarks and membership changes committed.",
			() => commit.stats.writes,
		],
		[
			"log_failures_total",
			"Times that the message log stopped accepting writes.",
			() => health.failures,
		],
		[
			"log_commit_seconds_total",
			"Seconds spent in commits. Divide by log_commits_total for the mean duration of a commit.",
			() => commit.stats.commitMs / 1000,
		],
	];
	for (const [name, help, read] of gauges)
		new Gauge({
			name: `secureconnect_${name}`,
			help,
			registers: [register],
			collect() {
				this.set(read());
			},
		});
	for (const [name, help, read] of counters)
		new Counter({
			name: `secureconnect_${name}`,
			help,
			registers: [register],
			collect() {
				this.reset();
				this.inc(read());
			},
		});
	return register;
}
