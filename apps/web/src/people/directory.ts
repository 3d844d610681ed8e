import { createContext, useContext, useSyncExternalStore } from "react";

export interface Person {
	readonly userId: string;
	readonly name?: string | undefined;
}

/** What names are known, wherever they came from: tokens, presence, lists of participants. */
export class Directory {
	readonly #names = new Map<string, string>();
	/** Users by name. */
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

	/** Returns a name to show: with a part of the id where two users have the same, and for users without a name. */
	name(userId: string): string {
		const name = this.#names.get(userId);
		if (name === undefined) return `User ${shortId(userId)}`;
		return (this.#users.get(alike(name)) ?? 0) > 1
			? `${name} (${shortId(userId).slice(-4)})`
			: name;
	}

	/** Everybody who has a name, by name. */
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

/** The same for names that look the same. */
function alike(name: string): string {
	return name.normalize("NFKC").toLowerCase();
}

/** Versions of UUIDs that begin with the time: those of a minute differ only at their end. */
const TIMED = /^.{14}[167]/;

/** Eight digits of a user's id that tell users apart. */
export function shortId(userId: string): string {
	return TIMED.test(userId) ? userId.slice(-8) : userId.slice(0, 8);
}

/** A name is shown up to this many characters. */
const LONGEST = 60;

/** Without what is not seen and what turns the text around it: a name shall not look like another's, or like none. */
function visible(name: string): string {
	return (
		name
			.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "")
			.replace(/\s+/g, " ")
			.trim()
			// At the end of a word, if there is one.
			.replace(/^(.{30,59})\s.*$|^(.{59}).{2,}$/u, (name, words, start) =>
				name.length <= LONGEST ? name : `${words ?? start}…`,
			)
	);
}

export const DirectoryContext = createContext(new Directory());

/** The names as they are now; draws again when one becomes known. */
export function useDirectory(): Directory {
	const directory = useContext(DirectoryContext);
	useSyncExternalStore(directory.subscribe, directory.version);
	return directory;
}

/** `Bob`, `Bob and Carol`, `Bob, Carol and 3 others`. */
export function inWords(names: readonly string[], most = 3): string {
	if (names.length > most)
		return `${names.slice(0, most - 1).join(", ")} and ${names.length - most + 1} others`;
	const last = names.at(-1) ?? "";
	return names.length < 2
		? last
		: `${names.slice(0, -1).join(", ")} and ${last}`;
}
