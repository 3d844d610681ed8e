/** The abuser's program: `node abuser.ts PORT KIND full|short`. */
import { randomUUID } from "node:crypto";
import { answering } from "./child.ts";
import type { Attack } from "./kinds/kind.ts";
import { kindNamed } from "./kinds/kinds.ts";
import { type Counts, Tally } from "./load/tally.ts";
import { createToken } from "./load/token.ts";

export type AbuserQuestion =
	| { readonly does: "prepare" }
	| { readonly does: "attack"; readonly ms: number };

export interface AbuserAnswer {
	/** Facts about the preparation. */
	readonly notes: readonly string[];
	readonly counts: Counts;
	/** Error of the abuser itself. */
	readonly error?: string;
}

const [port, name = "", size] = process.argv.slice(2);
const tally = new Tally();
const notes: string[] = [];
let attack: Attack | undefined;

async function prepare(): Promise<void> {
	attack = await kindNamed(name).prepare({
		port: Number(port),
		token: createToken(randomUUID()),
		tally,
		amount: (full, short) => (size === "short" ? short : full),
		note: (text) => notes.push(text),
	});
}

/**
 * Resolves after the given time, but not before the first counted answer, because a busy machine may need longer. The
 * parent process then kills this one.
 */
async function run(ms: number): Promise<void> {
	const time = Promise.all([
		new Promise<void>((resolve) => setTimeout(resolve, ms)),
		tally.begun,
	]);
	const failed = new Promise<never>((_, reject) => {
		attack?.().catch(reject);
	});
	await Promise.race([time, failed]);
}

answering<AbuserQuestion, AbuserAnswer>(async (question) => {
	try {
		await (question.does === "prepare" ? prepare() : run(question.ms));
		return { notes, counts: tally.counts };
	} catch (error) {
		return { notes, counts: tally.counts, error: String(error) };
	}
});
