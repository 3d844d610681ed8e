import "./dom.ts";
import type { ChatClient } from "@secureconnect/client";
import type { ChatRest } from "@secureconnect/client/rest";
import { ChatProvider } from "@secureconnect/react";
import { createElement, type ReactNode, StrictMode } from "react";
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import { expect, onTestFinished } from "vitest";

export interface Rendered {
	/** Draws something else in the same place. */
	show(children: ReactNode): void;
	unmount(): void;
	/** What a reader sees. */
	readonly text: string;
	/** The first element that a selector finds and, where it is given, whose text is this. */
	find(selector: string, text?: string): HTMLElement;
}

/** Draws under a provider in StrictMode, until the test ends. */
export function render(
	{ client, rest }: { client: ChatClient; rest?: ChatRest },
	children: ReactNode,
): Rendered {
	const container = document.createElement("div");
	document.body.append(container);
	const root = createRoot(container);
	const show = (shown: ReactNode): void =>
		flushSync(() =>
			root.render(
				createElement(
					StrictMode,
					undefined,
					createElement(ChatProvider, { client, ...(rest && { rest }) }, shown),
				),
			),
		);
	let isMounted = true;
	const unmount = (): void => {
		if (!isMounted) return;
		isMounted = false;
		root.unmount();
		container.remove();
	};
	onTestFinished(unmount);
	show(children);
	return {
		show,
		unmount,
		get text() {
			return container.textContent ?? "";
		},
		find(selector, text) {
			const found = [...container.querySelectorAll<HTMLElement>(selector)].find(
				(element) => text === undefined || element.textContent === text,
			);
			if (!found) throw new Error(`no ${selector} in: ${container.innerHTML}`);
			return found;
		},
	};
}

/** Clicks on the button that says so. */
export function click(drawn: Rendered, text: string): void {
	drawn.find("button", text).click();
}

/** Types into the only input, and sends the form where it is in one. */
export function enter(drawn: Rendered, text: string): void {
	const input = drawn.find("input") as HTMLInputElement;
	// Past React's own setter, which takes what a program sets for no change.
	let prototype = Object.getPrototypeOf(input) as object;
	while (!Object.hasOwn(prototype, "value"))
		prototype = Object.getPrototypeOf(prototype) as object;
	Object.getOwnPropertyDescriptor(prototype, "value")?.set?.call(input, text);
	flushSync(() => {
		input.dispatchEvent(new window.Event("input", { bubbles: true }));
	});
	input.form?.requestSubmit();
}

/** What a hook answers, at every rendering of a component that does nothing else. */
export interface Probe<P, T> {
	readonly Component: (props: P) => null;
	readonly all: T[];
	readonly last: T;
}

export function probe<P, T>(hook: (props: P) => T): Probe<P, T> {
	const all: T[] = [];
	return {
		all,
		Component(props: P) {
			all.push(hook(props));
			return null;
		},
		get last() {
			const last = all.at(-1);
			if (last === undefined) throw new Error("it was not rendered");
			return last;
		},
	};
}

/** Waits for what a hook answers. */
export function until<T>(read: () => T): ReturnType<typeof expect.poll<T>> {
	return expect.poll(read, { timeout: 15_000, interval: 10 });
}
