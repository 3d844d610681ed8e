import { isUuid } from "./claims.ts";
import { inBrowser } from "./kept.ts";

/** The name of this browser as one of a user's devices: others see what was delivered to it. Another user's is another. */
export function deviceOf(userId: string): string {
	const key = `secureconnect-device ${userId}`;
	const known = inBrowser.get(key);
	if (known !== null && isUuid(known)) return known;
	const made = newUuid();
	inBrowser.set(key, made);
	return made;
}

/** Of version 4. `crypto.randomUUID` is there only where a page is secure. */
function newUuid(): string {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"));
	return hex
		.join("")
		.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
}
