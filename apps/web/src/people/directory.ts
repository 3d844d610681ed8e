import { createContext, useContext, useSyncExternalStore } from "react";

export interface Person {
	readonly userId: string;
	readonly name?: string | undefined;
}

/** What names are known, wherever they came from: tokens, presence, lists of participants. */
export class Directory {
	readonly #names = new Map<string, string>();
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
			this.#names.set(userId, shown);
			isNew = true;
		}
		if (!isNew) return;
		this.#version++;
		for (const listener of this.#listeners) listener();
	}

	/** A name to show; a short form of the id where there is none. */
	name(userId: string): string {
		return this.#names.get(userId) ?? `User ${userId.slice(0, 8)}`;
	}

	/** Everybody who has a name, by name. */
	get people(): { userId: string; name: string }[] {
		return Array.from(this.#names, ([userId, name]) => ({ userId, name })).sort(
			(a, b) => a.name.localeCompare(b.name),
		);
	}
}

/** Without what is not seen and what turns the text around it: a name shall not look like another's, or like none. */
function visible(name: string): string {
	return name
		.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "")
		.replace(/\s+/g, " ")
		.trim()
		.slice(0, 60);
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
