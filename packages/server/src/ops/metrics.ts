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
		["connections", "WebSockets open now.", () => gateway.connectionCount],
		[
			"conversations",
			"Conversations with somebody connected now.",
			() => hub.roomCount,
		],
		[
			"log_takes_writes",
			"1 while the message log takes writes; 0 while it refuses them, for lack of room for example.",
			() => Number(health.takesWrites),
		],
		[
			"queued_bytes",
			"Bytes kept for readers that are slow to take them.",
			() => gateway.queuedBytes,
		],
		[
			"answer_bytes",
			"Bytes of REST answers that are being made or read.",
			() => answers.used,
		],
		[
			"incoming_bytes",
			"Bytes of messages and bodies that are not complete or wait to be handled.",
			() => incoming.used,
		],
		[
			"readers_catching_up",
			"Connections that are served from the log, being slow or just back.",
			() => hub.catchingUp.count,
		],
		[
			"readers_lag_entries",
			"Entries by which the last of these is behind.",
			() => hub.catchingUp.lag,
		],
	];
	const counters: [string, string, () => number][] = [
		[
			"deliveries_total",
			"Writes of one or more frames to a connection.",
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
			"Times that the message log stopped to take writes.",
			() => health.failures,
		],
		[
			"log_commit_seconds_total",
			"Time spent in commits; divided by log_commits_total, the mean of one.",
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
