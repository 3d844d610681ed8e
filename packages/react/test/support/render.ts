import "./dom.ts";
import type { ChatClient } from "@secureconnect/client";
import type { ChatRest } from "@secureconnect/client/rest";
import { ChatProvider } from "@secureconnect/react";
import { createElement, type ReactNode, StrictMode } from "react";
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import { expect, onTestFinished } from "vitest";

export interface Rendered {
	/** Renders different children in the same place. */
	show(children: ReactNode): void;
	unmount(): void;
	/** The visible text. */
	readonly text: string;
	/** Returns the first element that matches a selector and, if given, has this text. */
	find(selector: string, text?: string): HTMLElement;
}

/** Renders under a provider in StrictMode, until the test ends. */
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

/** Clicks the button with this text. */
export function click(drawn: Rendered, text: string): void {
	drawn.find("button", text).click();
}

/** Types into the only input, and submits its form if there is one. */
export function enter(drawn: Rendered, text: string): void {
	const input = drawn.find("input") as HTMLInputElement;
	// Bypasses React's own setter, which ignores values that a program sets.
	let prototype = Object.getPrototypeOf(input) as object;
	while (!Object.hasOwn(prototype, "value"))
		prototype = Object.getPrototypeOf(prototype) as object;
	Object.getOwnPropertyDescriptor(prototype, "value")?.set?.call(input, text);
	flushSync(() => {
		input.dispatchEvent(new window.Event("input", { bubbles: true }));
	});
	input.form?.requestSubmit();
}

/** A hook's value at every render of a component that only calls the hook. */
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

/** Polls a hook's value. */
export function until<T>(read: () => T): ReturnType<typeof expect.poll<T>> {
	return expect.poll(read, { timeout: 15_000, interval: 10 });
}
