/** Reads golden transcripts (spec/examples) and matches values that a server generates with those in the transcript. */
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

const EXAMPLES = join(import.meta.dirname, "../../../../spec/examples");

export type Frame = Readonly<Record<string, unknown>>;

interface Heading {
	readonly example: string;
	readonly conversation_id: string;
	/** Participants; the first is the owner. */
	readonly users: Readonly<
		Record<string, { readonly user_id: string; readonly name: string }>
	>;
}

/** One line: a connection, named after its user, performs an action or receives a frame. */
export type Step =
	| { readonly note: string }
	| {
			readonly as: string;
			readonly connects: {
				readonly user: string;
				readonly query?: Readonly<Record<string, string>>;
				readonly protocols?: readonly string[];
			};
	  }
	| { readonly as: string; readonly sends: Frame }
	| { readonly as: string; readonly sends_text: string }
	| { readonly as: string; readonly receives: Frame }
	| { readonly as: string; readonly closes: { readonly code: number } }
	| {
			readonly as: string;
			readonly closed: { readonly code: number; readonly reason: string };
	  }
	| { readonly as: string; readonly breaks: true }
	| {
			readonly as: string;
			readonly asks: {
				readonly method: string;
				readonly path: string;
				readonly body?: unknown;
			};
			readonly status: number;
	  };

export interface Transcript extends Heading {
	readonly name: string;
	readonly steps: readonly Step[];
}

/** Returns all transcripts in the order of their names. */
export function transcripts(): Transcript[] {
	return globSync("*.jsonl", { cwd: EXAMPLES })
		.sort()
		.map((file) => {
			const [heading, ...steps] = readFileSync(join(EXAMPLES, file), "utf8")
				.trimEnd()
				.split("\n")
				.map((line) => JSON.parse(line) as unknown);
			return {
				...(heading as Heading),
				name: basename(file, ".jsonl"),
				steps: steps as Step[],
			};
		});
}

/** Fields whose values the server generates. The transcript contains placeholders for them. */
const MADE_UP = new Set(["message_id", "timestamp", "expires_at", "epoch"]);

/** Map from the transcript's values to the server's values. */
export class Bindings {
	readonly #actual = new Map<string, string>();

	/** Translates a frame from the server to the transcript's values, as far as they are known. */
	read(actual: unknown, written: unknown, field = ""): unknown {
		if (typeof actual === "string" && MADE_UP.has(field)) {
			if (typeof written !== "string") return actual;
			// Two entries may have the same millisecond, but no two have the same id.
			const taken =
				field === "message_id" && [...this.#actual.values()].includes(actual);
			if (!this.#actual.has(written) && !taken)
				this.#actual.set(written, actual);
			return this.#actual.get(written) === actual ? written : actual;
		}
		if (Array.isArray(actual))
			return actual.map((item, i) =>
				this.read(item, Array.isArray(written) ? written[i] : undefined),
			);
		if (typeof actual !== "object" || actual === null) return actual;
		return Object.fromEntries(
			Object.entries(actual).map(([name, value]) => [
				name,
				this.read(
					value,
					(written as Record<string, unknown> | undefined)?.[name],
					name,
				),
			]),
		);
	}

	/** Translates a frame for the client to send to the server's values. */
	write<T>(written: T): T {
		return JSON.parse(
			JSON.stringify(written, (_name, value: unknown) =>
				typeof value === "string" ? (this.#actual.get(value) ?? value) : value,
			),
		) as T;
	}
}
