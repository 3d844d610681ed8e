/** Runs the cycles of one fault: load, fault, more load, audit. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Fault, Site } from "./inject/fault.ts";
import { history } from "./load/http.ts";
import type { Shown } from "./load/journal.ts";
import { Load } from "./load/load.ts";
import { audit } from "./oracle/audit.ts";
import type { Finding } from "./oracle/record.ts";
import { seeded } from "./random.ts";
import { type Program, Supervisor } from "./supervisor.ts";

export interface Plan {
	readonly fault: Fault;
	readonly cycles: number;
	readonly seed: number;
	readonly program: Program;
	/** Whether to end with the first cycle that has a finding. That proves that a mutant was caught. */
	readonly untilFound?: boolean;
	readonly onCycle?: (cycle: CycleReport) => void;
}

interface CycleReport {
	readonly number: number;
	readonly messages: number;
	readonly findings: readonly Finding[];
	/** Duration of the cycle, in milliseconds. */
	readonly took: number;
}

export interface Report {
	readonly cycles: readonly CycleReport[];
	readonly messages: number;
	readonly findings: readonly Finding[];
	/** Milliseconds from each start of the server until it was ready, without the first start. */
	readonly readyMs: readonly number[];
}

const ROOMS = 2;
/** Entries that clients must receive after the fault, because the server must work again. */
const SHOWN_AFTER = 60;

/** Audited conversation, which must not change any more. */
interface Archived {
	readonly conversationId: string;
	readonly token: string;
	readonly digest: string;
}

/** Open resources and the functions that close them. */
const open = new Set<() => Promise<void>>();

/** Stops every server and removes every mount and file, also in the middle of a cycle. */
export async function closeAll(): Promise<void> {
	for (const close of open) await close();
}

/** Runs a campaign. @throws {Error} if the fault could not be injected or the server does not come back */
export async function runCampaign(plan: Plan): Promise<Report> {
	const { fault, program, seed } = plan;
	const directory = mkdtempSync(join(tmpdir(), `faults-${fault.name}-`));
	const reports: CycleReport[] = [];
	let site: Site | undefined;
	let server: Supervisor | undefined;
	const close = async (): Promise<void> => {
		open.delete(close);
		await server?.kill();
		await site?.close();
		rmSync(directory, { recursive: true, force: true });
	};
	open.add(close);
	try {
		site = await fault.prepare(directory);
		server = await Supervisor.create(program, site);
		await server.start();
		const archive: Archived[] = [];
		for (let number = 0; number < plan.cycles; number++) {
			const report = await runCycle(plan, site, server, number, archive);
			reports.push(report);
			plan.onCycle?.(report);
			if (plan.untilFound && report.findings.length > 0) break;
		}
		const findings = reports.flatMap((report) => report.findings);
		if (!plan.untilFound)
			findings.push(...(await auditArchive(server.address, archive)));
		return {
			cycles: reports,
			messages: reports.reduce((sum, report) => sum + report.messages, 0),
			findings,
			readyMs: server.readyMs.slice(1),
		};
	} catch (error) {
		throw new Error(
			`${fault.name}, seed ${seed}, cycle ${reports.length}: ${error instanceof Error ? error.message : String(error)}`,
			{ cause: error },
		);
	} finally {
		await close();
	}
}

async function runCycle(
	{ seed }: Plan,
	site: Site,
	server: Supervisor,
	number: number,
	archive: Archived[],
): Promise<CycleReport> {
	const began = performance.now();
	const load = await Load.begin(
		server.address,
		site.endpoint?.(server.address) ?? server.address,
		ROOMS,
	);
	try {
		load.chat();
		// Each cycle depends on the seed alone, and not on the random numbers that earlier cycles used.
		const random = seeded(seed + number);
		const seen = await site
			.inject({ number, server, load, random })
			.catch((error: unknown) => {
				// Without a server no audit is possible.
				if (!server.isRunning) throw error;
				return [stuck(error)];
			});
		await load
			.delivered(SHOWN_AFTER)
			.catch((error: unknown) => seen.push(stuck(error)));
		await load.settle();
		const rooms = await load.record(server.address, server.startedAt);
		const tokens = new Map(
			load.members.map((it) => [it.conversationId, it.token]),
		);
		for (const { conversationId, stored } of rooms)
			archive.push({
				conversationId,
				token: tokens.get(conversationId) ?? "",
				digest: digest(stored),
			});
		return {
			number,
			messages: rooms.reduce((sum, { stored }) => sum + stored.length, 0),
			findings: [...rooms.flatMap(audit), ...seen],
			took: performance.now() - began,
		};
	} finally {
		load.end();
	}
}

/** Audits every conversation again after all cycles. */
async function auditArchive(
	address: string,
	archive: readonly Archived[],
): Promise<Finding[]> {
	const findings: Finding[] = [];
	for (const { conversationId, token, digest: before } of archive) {
		const stored = await history(address, conversationId, token);
		if (digest(stored) !== before)
			findings.push({
				kind: "lost",
				what: `${conversationId} has changed since it was audited`,
			});
	}
	return findings;
}

/** Builds the finding for an event that did not happen in time, with the state of the server. */
function stuck(error: unknown): Finding {
	return {
		kind: "broken",
		what: error instanceof Error ? error.message : String(error),
	};
}

function digest(stored: readonly Shown[]): string {
	return createHash("sha256").update(JSON.stringify(stored)).digest("hex");
}
