/** Records the circumstances of a result besides the code: machine, load, commit time of the disk, and versions. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, loadavg, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export interface Circumstances {
	readonly date: string;
	readonly machine: string;
	readonly versions: string;
	/** Load average of the minute before the run, without the benchmark's own processes. */
	readonly loadAverageBefore: number;
	readonly commitMs: { readonly p50: number; readonly p99: number };
}

/** Records the circumstances. @param peers packages of this folder whose versions the result includes */
export function circumstances(peers: readonly string[] = []): Circumstances {
	const [load = Number.NaN] = loadavg();
	const [cpu] = cpus();
	return {
		date: new Date().toISOString().slice(0, 16),
		machine: `${cpus().length} x ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`,
		versions: [
			`Node ${process.versions.node}`,
			`SecureConnect ${commit()}`,
			...peers.map((name) => `${name} ${version(name)}`),
		].join(", "),
		loadAverageBefore: load,
		commitMs: probeCommits(),
	};
}

/** Measures how long SQLite takes to commit one row durably in the directory of the servers' data. */
function probeCommits(): { p50: number; p99: number } {
	const directory = mkdtempSync(join(tmpdir(), "secureconnect-bench-"));
	const db = new DatabaseSync(join(directory, "probe.db"));
	db.exec(
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (x)",
	);
	const insert = db.prepare("INSERT INTO t VALUES (?)");
	const took = Array.from({ length: 300 }, () => {
		const began = performance.now();
		insert.run("a message of about as many bytes as most are, perhaps");
		return performance.now() - began;
	}).sort((a, b) => a - b);
	db.close();
	rmSync(directory, { recursive: true });
	return { p50: took[150] ?? Number.NaN, p99: took[297] ?? Number.NaN };
}

function commit(): string {
	try {
		return execFileSync("git", ["describe", "--always", "--dirty"], {
			cwd: import.meta.dirname,
			encoding: "utf8",
		}).trim();
	} catch {
		return "of no commit";
	}
}

function version(name: string): string {
	try {
		const path = join(
			import.meta.dirname,
			"node_modules",
			name,
			"package.json",
		);
		return (JSON.parse(readFileSync(path, "utf8")) as { version: string })
			.version;
	} catch {
		return "not installed";
	}
}
