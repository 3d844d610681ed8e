/** Readers of a setting's text. Each throws an Error whose message describes a valid value. */

export type ValueReader<T> = (text: string) => T;

export function integer(min: number, max: number): ValueReader<number> {
	return (text) => {
		const value = Number(text);
		if (!/^\d+$/.test(text) || value < min || value > max)
			throw new Error(`a whole number from ${min} to ${max}`);
		return value;
	};
}

export function oneOf<const T extends string>(...choices: T[]): ValueReader<T> {
	return (text) => {
		const found = choices.find((choice) => choice === text);
		if (found === undefined) throw new Error(choices.join(" or "));
		return found;
	};
}

export const onOff: ValueReader<boolean> = (text) =>
	oneOf("on", "off")(text) === "on";

export const text: ValueReader<string> = (value) => {
	if (value.trim() === "") throw new Error("text that is not empty");
	return value;
};

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads a duration, such as `15m`, `10s`, `250ms`, `24h` or `7d`; a bare number is seconds. Returns milliseconds. */
export const duration: ValueReader<number> = (value) => {
	const [, amount, unit = "s"] = /^(\d{1,9})(ms|s|m|h|d)?$/.exec(value) ?? [];
	if (amount === undefined)
		throw new Error("a duration such as 10s, 15m or 24h");
	return Number(amount) * UNITS[unit as keyof typeof UNITS];
};

/** Reads a duration with an upper bound. A timer holds at most 24 days and fires at once with a longer delay. */
export function durationUpTo(longest: string): ValueReader<number> {
	const most = duration(longest);
	return (value) => {
		const ms = duration(value);
		if (ms > most) throw new Error(`a duration of at most ${longest}`);
		return ms;
	};
}

/** Reads origins, in the form that browsers send, separated by commas; `*` allows every origin. */
export const origins: ValueReader<readonly string[]> = (value) =>
	value.split(",").map((entry) => {
		const origin = entry.trim();
		if (origin !== "*" && (!URL.canParse(origin) || !isOrigin(origin)))
			throw new Error(
				'origins separated by commas, such as "https://app.example.com", or "*"',
			);
		return origin;
	});

function isOrigin(value: string): boolean {
	// The server compares origins letter for letter, so a pattern would never match.
	if (value.includes("*")) return false;
	const { origin } = new URL(value);
	// URL reports the origin of a custom scheme, such as that of a mobile app, as "null"; the client sends it in full.
	return origin === "null"
		? /^[a-z][a-z0-9+.-]*:\/\/[^/]+$/.test(value)
		: origin === value;
}
