import { type ComponentType, lazy } from "react";
import { MissingPart } from "./missing-part.tsx";

/** Time between two attempts to load a part of the page, in milliseconds. */
const RETRY_MS = 2000;
/** Maximum number of attempts while the browser is online. */
const ATTEMPTS = 15;

/**
 * Creates a component whose code loads at its first use. `lazy` alone never tries again after a failure: a part that
 * was first used without a connection would stay broken until a reload.
 */
export function lazily<P extends object>(
	load: () => Promise<ComponentType<P>>,
) {
	return lazy(async () => ({ default: await patiently(load) }));
}

/**
 * Loads a part of the page. After {@link ATTEMPTS} failures it returns a component that offers a reload: a server with
 * a new version of the page no longer has the code of this one. Attempts of an offline browser do not count.
 */
export async function patiently<P extends object>(
	load: () => Promise<ComponentType<P>>,
): Promise<ComponentType<P>> {
	let failures = 0;
	for (;;) {
		try {
			return await load();
		} catch {
			if (navigator.onLine !== false) failures++;
			if (failures >= ATTEMPTS) return MissingPart;
			await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
		}
	}
}
