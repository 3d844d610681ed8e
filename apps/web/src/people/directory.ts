import { createContext, useContext, useSyncExternalStore } from "react";

export interface Person {
	readonly userId: string;
	readonly name?: string | undefined;
}

/** Directory of the known display names, from tokens, presence and lists of participants. */
export class Directory {
	readonly #names = new Map<string, string>();
	/** Number of users per name. */
	readonly #users = new Map<string, number>();
	readonly #listeners = new Set<() => void>();
	#version = 0;

	readonly subscribe = (listener: () => void): (() => void) => {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	};
	readonly version = (): number => this.#version;

	learn(people: readonly Person[]): void {
		let isNew = false;
		for (const { userId, name } of people) {
			const shown = name === undefined ? "" : visible(name);
			if (shown === "" || this.#names.get(userId) === shown) continue;
			this.#count(this.#names.get(userId), -1);
			this.#count(shown, 1);
			this.#names.set(userId, shown);
			isNew = true;
		}
		if (!isNew) return;
		this.#version++;
		for (const listener of this.#listeners) listener();
	}

	hasName(userId: string): boolean {
		return this.#names.has(userId);
	}

	/** Returns the name to show. It contains a part of the id if two users share a name or the user has none. */
	name(userId: string): string {
		const name = this.#names.get(userId);
		if (name === undefined) return `User ${shortId(userId)}`;
		return (this.#users.get(alike(name)) ?? 0) > 1
			? `${name} (${shortId(userId).slice(-4)})`
			: name;
	}

	/** Users whose names are known, sorted by name. */
	get people(): { userId: string; name: string }[] {
		return Array.from(this.#names.keys(), (userId) => ({
			userId,
			name: this.name(userId),
		})).sort((a, b) => a.name.localeCompare(b.name));
	}

	#count(name: string | undefined, by: number): void {
		if (name === undefined) return;
		const key = alike(name);
		this.#users.set(key, (this.#users.get(key) ?? 0) + by);
	}
}

/** Returns the same key for names that look the same. */
function alike(name: string): string {
	return name.normalize("NFKC").toLowerCase();
}

/** UUID versions that begin with the time. Ids created within a minute differ only at their end. */
const TIMED = /^.{14}[167]/;

/** Returns eight digits of a user's id that distinguish users. */
export function shortId(userId: string): string {
	return TIMED.test(userId) ? userId.slice(-8) : userId.slice(0, 8);
}

/** Maximum length of a displayed name, in characters. */
const LONGEST = 60;

/**
 * Removes invisible characters and characters that change the text direction. With them, a name could look empty or
 * like the name of a different user.
 */
function visible(name: string): string {
	return (
		name
			.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "")
			.replace(/\s+/g, " ")
			.trim()
			// Cut at the end of a word if possible.
			.replace(/^(.{30,59})\s.*$|^(.{59}).{2,}$/u, (name, words, start) =>
				name.length <= LONGEST ? name : `${words ?? start}…`,
			)
	);
}

export const DirectoryContext = createContext(new Directory());

/** Returns the directory and renders the calling component again when a name becomes known. */
export function useDirectory(): Directory {
	const directory = useContext(DirectoryContext);
	useSyncExternalStore(directory.subscribe, directory.version);
	return directory;
}

/** Joins names: `Bob`, `Bob and Carol`, `Bob, Carol and 3 others`. */
export function inWords(names: readonly string[], most = 3): string {
	if (names.length > most)
		return `${names.slice(0, most - 1).join(", ")} and ${names.length - most + 1} others`;
	const last = names.at(-1) ?? "";
	return names.length < 2
		? last
		: `${names.slice(0, -1).join(", ")} and ${last}`;
}
