import { isUuid } from "./claims.ts";
import { inBrowser } from "./kept.ts";

/**
 * Returns the id of this browser as a device of the user; receipts show what reached it. Each user in this browser has
 * a separate id.
 */
export function deviceOf(userId: string): string {
	const key = `secureconnect-device ${userId}`;
	const known = inBrowser.get(key);
	if (known !== null && isUuid(known)) return known;
	const made = newUuid();
	inBrowser.set(key, made);
	return made;
}

/** Creates a version 4 UUID. Browsers offer `crypto.randomUUID` only in secure contexts. */
function newUuid(): string {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"));
	return hex
		.join("")
		.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
}
