/** What this browser keeps for the page, as far as it lets it: where site data is blocked, reading throws as well. */
export function kept(key: string): string | null {
	try {
		return localStorage.getItem(key);
	} catch {
		return null;
	}
}

export function keep(key: string, value: string): void {
	try {
		localStorage.setItem(key, value);
	} catch {
		// For this page's life, then.
	}
}
