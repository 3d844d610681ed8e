/** Golden transcripts (spec/examples): what they say, and how what a server made up is told from what it must say. */
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

const EXAMPLES = join(import.meta.dirname, "../../../../spec/examples");

export type Frame = Readonly<Record<string, unknown>>;

interface Heading {
	readonly example: string;
	readonly conversation_id: string;
	/** The participants, the first the owner. */
	readonly users: Readonly<
		Record<string, { readonly user_id: string; readonly name: string }>
	>;
}

/** One line: a connection, named by whose it is, does or gets something. */
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

/** Every transcript, in the order of their names. */
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

/** Fields whose values a server makes up: the transcript's stand for them. */
const MADE_UP = new Set(["message_id", "timestamp", "expires_at", "epoch"]);

/** Which of the server's values each of the transcript's stands for. */
export class Bindings {
	readonly #actual = new Map<string, string>();

	/** A frame of the server's in the transcript's values, as far as they stand for the server's. */
	read(actual: unknown, written: unknown, field = ""): unknown {
		if (typeof actual === "string" && MADE_UP.has(field)) {
			if (typeof written !== "string") return actual;
			// Two entries may be of one millisecond, but no two ids are the same.
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

	/** What a client is to send, in the server's values. */
	write<T>(written: T): T {
		return JSON.parse(
			JSON.stringify(written, (_name, value: unknown) =>
				typeof value === "string" ? (this.#actual.get(value) ?? value) : value,
			),
		) as T;
	}
}
