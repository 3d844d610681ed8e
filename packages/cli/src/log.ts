import { type Logger, pino } from "pino";
import { jsonLine, printable } from "./chat/printable.ts";
import type { Settings } from "./settings.ts";

const LEVELS: Readonly<Record<number, string>> = {
	20: "DEBUG",
	30: "INFO",
	40: "WARN",
	50: "ERROR",
	60: "FATAL",
};
/** Fields that have their own place in the line, or the same value in every line. */
const NOT_REPEATED = new Set(["level", "time", "pid", "hostname", "msg"]);

/**
 * Creates the logger of `serve` and `dev`: JSON lines on standard output for programs, and readable lines where
 * standard output is a terminal or the settings ask for them.
 */
export function createLog({
	logLevel,
	logFormat = process.stdout.isTTY ? "text" : "json",
}: Pick<Settings, "logLevel" | "logFormat">): Logger {
	const options = { level: logLevel };
	if (logFormat === "json") return pino(options);
	return pino(options, {
		write: (line: string) => {
			process.stdout.write(`${readable(line)}\n`);
		},
	});
}

/**
 * Formats a log entry for people: time of day, level, message, fields as `name=value`, an error's stack below.
 * @param line the entry as pino writes it, in JSON.
 */
export function readable(line: string): string {
	const entry = JSON.parse(line) as Record<string, unknown>;
	const { level, time, msg, err } = entry;
	const stack = stackOf(err);
	const fields = Object.entries(entry)
		.filter(([name]) => !NOT_REPEATED.has(name) && (name !== "err" || !stack))
		.map(([name, value]) => ` ${name}=${shown(value)}`);
	const at = new Date(Number(time)).toTimeString().slice(0, 8);
	const word = LEVELS[Number(level)] ?? String(level);
	const text = printable(String(msg ?? "")).replaceAll("\n", " ");
	const first = `${at} ${word.padEnd(5)} ${text}${fields.join("")}`;
	return stack ? `${first}\n  ${stack.replaceAll("\n", "\n  ")}` : first;
}

function stackOf(error: unknown): string | undefined {
	if (typeof error !== "object" || error === null || !("stack" in error))
		return undefined;
	return printable(String(error.stack));
}

/** Formats a field's value: plain words as they are, everything else as JSON. */
function shown(value: unknown): string {
	return typeof value === "string" && /^[\w./:@-]+$/.test(value)
		? value
		: jsonLine(value);
}
