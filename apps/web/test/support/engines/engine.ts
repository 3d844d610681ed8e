/** Browsers of the three engines behind one small interface: input of a user, and content of the page. */
import { existsSync } from "node:fs";
import type { TestContext } from "vitest";

export interface Engine {
	readonly name: string;
	/** Debian packages of the browser's programs, and a file that each package installs. */
	readonly needs: Readonly<Record<string, string>>;
	/** Starts the browser. It ends with the test. */
	launch(): Promise<Browser>;
}

export interface Browser {
	/** Opens a tab with its own cookies and storage. */
	open(): Promise<Tab>;
}

/** A tab that the test drives with real key presses and clicks. */
export interface Tab {
	/** Loads an address and waits for the `load` event. */
	goTo(url: string): Promise<void>;
	reload(): Promise<void>;
	/** Presses and releases the main mouse button at a point of the viewport, in CSS pixels. */
	clickAt(x: number, y: number): Promise<void>;
	/** Presses the keys of a text in the element that has the focus. A line break is Enter. */
	type(text: string): Promise<void>;
	/** Tells the page that the machine lost or found the network. */
	setOffline(isOffline: boolean): Promise<void>;
	/** Evaluates a JavaScript expression that returns a string. */
	evaluate(expression: string): Promise<string>;
}

/** Skips the test on a machine without the engine. In CI a missing engine is a failure. */
export function needEngine(context: TestContext, { name, needs }: Engine) {
	const missing = Object.keys(needs).filter(
		(debian) => !existsSync(needs[debian] ?? ""),
	);
	if (missing.length === 0) return;
	const what = `${name} is not installed: "apt-get install ${missing.join(" ")}"`;
	if (process.env.CI === "true") throw new Error(what);
	context.skip(what);
}
