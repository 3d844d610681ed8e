/** The chat page in a tab of any engine, as its user sees it. */
import { expect } from "vitest";
import type { Tab } from "./engine.ts";

const POLL = { timeout: 20_000, interval: 50 };

/** State of the messages on the page. */
interface Shown {
	/** Texts of the bubbles, from top to bottom. */
	readonly texts: string[];
	/** Number of messages that the server has not acknowledged. */
	readonly waiting: number;
	/** Whether the last message is between the header and the field, and the field is in the window. */
	readonly isEndInView: boolean;
}

export class Visitor {
	readonly #tab: Tab;
	readonly #url: string;

	private constructor(tab: Tab, url: string) {
		this.#tab = tab;
		this.#url = url;
	}

	static async open(tab: Tab, url: string): Promise<Visitor> {
		const visitor = new Visitor(tab, url);
		await tab.goTo(url);
		await visitor.#isReady();
		return visitor;
	}

	async reload(): Promise<void> {
		await this.hasNoErrors();
		await this.#tab.reload();
		await this.#isReady();
	}

	/** Clicks into the field and types lines, each with Enter. */
	async say(...lines: readonly string[]): Promise<void> {
		await this.click("textarea");
		await this.#tab.type(lines.map((line) => `${line}\n`).join(""));
	}

	/** Waits for an element and clicks at its centre. */
	async click(selector: string): Promise<void> {
		const centre = (): Promise<[number, number] | null> =>
			this.#run((selector) => {
				const found = document.querySelector(selector);
				if (!found) return null;
				const { left, top, width, height } = found.getBoundingClientRect();
				return [Math.round(left + width / 2), Math.round(top + height / 2)];
			}, selector);
		await expect.poll(centre, POLL).not.toBeNull();
		const [x, y] = (await centre()) ?? [0, 0];
		await this.#tab.clickAt(x, y);
	}

	/** Waits until a part of the page contains a text. */
	async sees(selector: string, text: string): Promise<void> {
		const read = (): Promise<string> =>
			this.#run(
				(selector) => document.querySelector(selector)?.textContent ?? "",
				selector,
			);
		await expect.poll(read, POLL).toContain(text);
	}

	/** Waits until the page shows exactly these messages, from top to bottom. */
	async shows(texts: readonly string[], waiting = 0): Promise<void> {
		const expected: Shown = { texts: [...texts], waiting, isEndInView: true };
		await expect.poll(() => this.#run(shown), POLL).toEqual(expected);
	}

	/** Tells the page whether there is a network. */
	setOffline(isOffline: boolean): Promise<void> {
		return this.#tab.setOffline(isOffline);
	}

	/** Fails on an unhandled exception of the page and on a violation of its content security policy. */
	async hasNoErrors(): Promise<void> {
		const errors = await this.#run(() => Reflect.get(window, "pageErrors"));
		expect(errors, `errors on ${this.#url}`).toEqual([]);
	}

	async #isReady(): Promise<void> {
		await this.#run(collectErrors);
		const isReady = (): Promise<boolean> =>
			this.#run(
				() =>
					document.querySelector("textarea:enabled") !== null &&
					document.querySelector(".message, .empty") !== null &&
					!document.querySelector(".empty")?.textContent?.includes("Loading"),
			);
		await expect.poll(isReady, POLL).toBe(true);
	}

	/** Runs a function in the page. Its arguments and its result travel as JSON. */
	async #run<A extends readonly unknown[], R>(
		work: (...args: A) => R,
		...args: A
	): Promise<R> {
		const json = await this.#tab.evaluate(
			`JSON.stringify((${String(work)})(...${JSON.stringify(args)}))`,
		);
		return JSON.parse(json) as R;
	}
}

/** Runs in the page. */
function collectErrors(): number {
	const errors: string[] = [];
	Object.assign(window, { pageErrors: errors });
	addEventListener("error", ({ message }) => errors.push(message));
	addEventListener("unhandledrejection", ({ reason }) =>
		errors.push(String(reason)),
	);
	addEventListener("securitypolicyviolation", (event) =>
		errors.push(`${event.violatedDirective} ${event.blockedURI}`),
	);
	return errors.length;
}

/** Runs in the page. */
function shown(): Shown {
	const bubbles = [...document.querySelectorAll(".message .bubble")]
		.map((bubble) => ({
			text: bubble.querySelector(".text")?.textContent ?? "",
			...bubble.getBoundingClientRect().toJSON(),
		}))
		.sort((a, b) => a.top - b.top);
	const field = document.querySelector("textarea")?.getBoundingClientRect();
	const header = document
		.querySelector(".scroller")
		?.getBoundingClientRect().top;
	const last = bubbles.at(-1);
	return {
		texts: bubbles.map(({ text }) => text),
		waiting: document.querySelectorAll(
			'[data-status="queued"], [data-status="sent"]',
		).length,
		isEndInView:
			last !== undefined &&
			field !== undefined &&
			header !== undefined &&
			last.top >= header &&
			last.bottom <= field.top &&
			field.bottom <= innerHeight,
	};
}
