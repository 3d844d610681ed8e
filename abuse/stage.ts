import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { AbuserAnswer, AbuserQuestion } from "./abuser.ts";
import { Child } from "./child.ts";
import type { Kind } from "./kinds/kind.ts";
import type { PairAnswer, PairQuestion } from "./pair.ts";
import { Meter } from "./process.ts";
import { Server, type ServerOptions } from "./server.ts";

const here = import.meta.dirname;
const PREPARE_TIMEOUT_MS = 300_000;
/** Longer than the pair's own time limit. */
const ANSWER_TIMEOUT_MS = 100_000;

/** Result of one abuser beside the pair. */
export interface Scene {
	readonly pair: PairAnswer;
	readonly abuser: AbuserAnswer;
	readonly rssBeforeMiB: number;
	readonly rssPeakMiB: number;
	readonly diskBeforeMiB: number;
	readonly logBytes: number;
	readonly cpuSeconds: number;
}

type Abuser = Child<AbuserQuestion, AbuserAnswer>;

/** Server with a healthy pair, beside which an abuser can run. */
export class Stage {
	readonly server: Server;
	readonly #pair: Child<PairQuestion, PairAnswer>;
	readonly #isPlaced: boolean;

	private constructor(server: Server, isPlaced: boolean) {
		this.server = server;
		this.#isPlaced = isPlaced;
		this.#pair = new Child(
			join(here, "pair.ts"),
			[String(server.port)],
			isPlaced ? "pair" : undefined,
		);
	}

	static async open(options: ServerOptions): Promise<Stage> {
		return new Stage(await Server.start(options), options.isPlaced);
	}

	/** Lets the pair chat for a time. */
	chat(ms: number): Promise<PairAnswer> {
		return this.#pair.ask({ ms }, ms + ANSWER_TIMEOUT_MS);
	}

	/** Starts an abuser and lets it prepare. @throws {Error} if it cannot */
	async prepare(kind: Kind, size: "full" | "short"): Promise<Abuser> {
		const abuser: Abuser = new Child(
			join(here, "abuser.ts"),
			[String(this.server.port), kind.name, size],
			this.#isPlaced ? "abuser" : undefined,
		);
		const { error } = await abuser.ask({ does: "prepare" }, PREPARE_TIMEOUT_MS);
		if (error === undefined) return abuser;
		await abuser.close();
		throw new Error(`preparing ${kind.name}: ${error}`);
	}

	/** Lets the pair chat beside an abuser, and then kills the abuser. */
	async abuse(abuser: Abuser, ms: number): Promise<Scene> {
		const { server } = this;
		const rssBeforeMiB = server.rssMiB();
		const diskBeforeMiB = server.diskMiB();
		const logBefore = server.logBytes;
		const meter = new Meter(server.pid);
		try {
			const [pair, answer] = await Promise.all([
				this.chat(ms),
				attack(abuser, ms),
			]);
			meter.stop();
			await server.noticeExit();
			return {
				pair,
				abuser: answer,
				rssBeforeMiB,
				rssPeakMiB: meter.peakMiB,
				diskBeforeMiB,
				logBytes: server.logBytes - logBefore,
				cpuSeconds: meter.cpuSeconds,
			};
		} finally {
			meter.stop();
		}
	}

	/** Lets the pair chat on until the server's memory is below a bound. Returns the seconds, at most the time limit. */
	async settle(rssMiB: number, seconds: number): Promise<number> {
		for (let second = 0; second < seconds; second++) {
			if (!this.server.isRunning || this.server.rssMiB() <= rssMiB)
				return second;
			await Promise.all([this.chat(900), sleep(1000)]);
		}
		return seconds;
	}

	async close(): Promise<void> {
		await this.#pair.close();
		await this.server.close();
	}
}

async function attack(abuser: Abuser, ms: number): Promise<AbuserAnswer> {
	try {
		return await abuser.ask({ does: "attack", ms }, ms + ANSWER_TIMEOUT_MS);
	} finally {
		// Its connections and timers end with the process.
		await abuser.close();
	}
}
