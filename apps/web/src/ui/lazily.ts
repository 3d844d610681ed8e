import { type ComponentType, lazy } from "react";

/** Time between two attempts to load a part of the page, in milliseconds. */
const RETRY_MS = 2000;

/**
 * Creates a component whose code loads at its first use. `lazy` alone never tries again after a failure: a part that
 * was first used without a connection would stay broken until a reload.
 */
export function lazily<P extends object>(
	load: () => Promise<ComponentType<P>>,
) {
	const attempt = (): Promise<{ default: ComponentType<P> }> =>
		load().then(
			(component) => ({ default: component }),
			() =>
				new Promise((resolve) => {
					setTimeout(() => resolve(attempt()), RETRY_MS);
				}),
		);
	return lazy(attempt);
}
