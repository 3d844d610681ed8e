import {
	CHECKS,
	conform as check,
	commandTokens,
	LEVELS,
	type Level,
	type Report,
	RULES,
	type RuleId,
	reportText,
	secretTokens,
	type Target,
	type TokenSource,
	TokenSourceError,
	Unreachable,
} from "@secureconnect/conformance";
import { StartupError } from "@secureconnect/server/startup-error";
import { integer } from "./values.ts";

export interface ConformFlags {
	readonly secret?: string;
	readonly tokenCommand?: string;
	readonly pingIntervalMs: string;
	readonly pongTimeoutMs: string;
	readonly only?: string;
	readonly level?: string;
	readonly json?: boolean;
}

const DAY_MS = 86_400_000;

/** Runs `secureconnect conform`: checks a server against the protocol. Exit status 1 if it does not conform. */
export async function conform(
	address: string,
	flags: ConformFlags,
): Promise<void> {
	const pingIntervalMs = milliseconds(
		"--ping-interval-ms",
		flags.pingIntervalMs,
	);
	const pongTimeoutMs = milliseconds("--pong-timeout-ms", flags.pongTimeoutMs);
	if (pongTimeoutMs <= pingIntervalMs)
		throw new StartupError(
			`--pong-timeout-ms ${pongTimeoutMs} must be longer than --ping-interval-ms ${pingIntervalMs}: give the values that the server uses`,
		);
	const target: Target = {
		url: urlOf(address),
		tokens: tokensOf(flags),
		pingIntervalMs,
		pongTimeoutMs,
	};
	const only = flags.only === undefined ? undefined : rulesOf(flags.only);
	const required = flags.level === undefined ? undefined : levelOf(flags.level);
	if (required && only)
		throw new StartupError("--level covers all rules: leave out --only");
	const progress = progressLine(pongTimeoutMs);
	let report: Report;
	try {
		report = await check(target, {
			...(only ? { only } : {}),
			onOutcome: (_outcome, left) => progress.show(left),
		});
	} catch (error) {
		if (!(error instanceof Unreachable || error instanceof TokenSourceError))
			throw error;
		if (flags.json)
			console.log(
				JSON.stringify({ url: target.url.href, error: error.message }, null, 2),
			);
		throw new StartupError(error.message);
	} finally {
		progress.clear();
	}
	console.log(
		flags.json
			? JSON.stringify(forMachines(report), null, 2)
			: reportText(report),
	);
	if (report.outcomes.some(({ verdict }) => verdict.kind === "failed"))
		process.exitCode = 1;
	if (required && !reaches(report.level, required)) {
		process.exitCode = 1;
		if (!flags.json)
			console.log(
				`The server does not reach the level ${required} of --level.`,
			);
	}
}

function reaches(level: Report["level"], required: Level): boolean {
	return !!level && LEVELS.indexOf(level) >= LEVELS.indexOf(required);
}

function levelOf(text: string): Level {
	const level = LEVELS.find((name) => name === text.toLowerCase());
	if (level) return level;
	throw new StartupError(
		`--level: "${text}" is not a level; give seed, durable or v1`,
	);
}

function urlOf(address: string): URL {
	const url = URL.parse(address);
	if (!url || !/^(ws|http)s?:$/.test(url.protocol))
		throw new StartupError(
			`"${address}" is not the URL of a server; give a URL such as ws://localhost:8082`,
		);
	url.protocol = url.protocol.replace(/^http/, "ws");
	return new URL("/", url);
}

function tokensOf({ secret, tokenCommand }: ConformFlags): TokenSource {
	const key = secret ?? process.env.SECURECONNECT_JWT_SECRET;
	if (tokenCommand !== undefined && secret !== undefined)
		throw new StartupError("give --secret or --token-command, not both");
	if (tokenCommand !== undefined) return commandTokens(tokenCommand);
	if (key !== undefined && key !== "") return secretTokens(key);
	throw new StartupError(
		"the check needs tokens: give --secret (or SECURECONNECT_JWT_SECRET), or a --token-command that prints a token",
	);
}

function milliseconds(flag: string, text: string): number {
	try {
		return integer(1, DAY_MS)(text);
	} catch (error) {
		throw new StartupError(
			`${flag}: "${text}" is not ${error instanceof Error ? error.message : ""}`,
		);
	}
}

/** Reads a list of rules, families of rules (`HS`) and levels, separated by commas. */
function rulesOf(list: string): RuleId[] {
	return list.split(",").flatMap((entry) => {
		const name = entry.trim();
		const found = CHECKS.map(({ rule }) => rule).filter(
			(rule) =>
				rule === name.toUpperCase() ||
				rule.startsWith(`${name.toUpperCase()}-`) ||
				RULES[rule].level === name.toLowerCase(),
		);
		if (found.length === 0)
			throw new StartupError(
				Object.hasOwn(RULES, name.toUpperCase()) || /^GA-\d+$/i.test(name)
					? `--only: ${name} cannot be checked over the network`
					: `--only: there is no rule "${name}"; give rules, families or levels such as HS-3, HS or seed`,
			);
		return found;
	});
}

function forMachines({ url, level, outcomes }: Report): unknown {
	return {
		url,
		level,
		rules: outcomes.map(({ rule, verdict: { kind, ...rest } }) => ({
			rule,
			...RULES[rule],
			verdict: kind,
			...rest,
		})),
	};
}

/** Shows the progress in a line that it overwrites, if standard error is a terminal. */
function progressLine(pongTimeoutMs: number) {
	const watched = process.stderr.isTTY === true;
	const write = (text: string): void => {
		if (watched) process.stderr.write(`\r\u001b[K${text}`);
	};
	const seconds = Math.ceil((pongTimeoutMs * 1.25) / 1000);
	write(`checking; the heartbeat rules take ${seconds} s...`);
	return {
		show: (left: number) =>
			write(`${left} rules left; the heartbeat rules take ${seconds} s...`),
		clear: () => write(""),
	};
}
