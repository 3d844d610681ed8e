import { setTimeout as delay } from "node:timers/promises";
import type { Conversation } from "@secureconnect/client";
import { render } from "ink";
import { createElement } from "react";
import {
	forever,
	openConversation,
	untilOver,
	untilReady,
} from "./conversation.ts";
import { detailsOf } from "./details.ts";
import { ChatModel } from "./model.ts";
import type { ChatOptions } from "./options.ts";
import { untilStopped } from "./output.ts";
import { App } from "./screen/app.ts";
import { ChatScreen } from "./screen.ts";
import { prepareTerminal, wipeTerminal } from "./terminal.ts";

/** Time, in milliseconds, to wait for acknowledgements after the user has left. */
const LEAVE_MS = 1000;

/**
 * Runs `secureconnect chat` on the alternate screen of a terminal until the user leaves. It restores the terminal at
 * the end, even after a crash.
 * @throws {StartupError} if the connection cannot be made or ended for good
 */
export async function interactive(options: ChatOptions): Promise<void> {
	const { conversation, conversations, view, close } =
		openConversation(options);
	let version = 0;
	let isTold = true;
	const listeners = new Set<() => void>();
	// One notification per turn of the event loop: many messages at once then need few redraws.
	const changed = (): void => {
		version++;
		if (!isTold) return;
		isTold = false;
		setImmediate(() => {
			isTold = true;
			for (const listener of listeners) listener();
		});
	};
	const model = new ChatModel(conversation, view, changed);
	const screen = new ChatScreen(conversation, model, changed, () => ({
		leave: () => app.unmount(),
		redraw() {
			app.clear();
			wipeTerminal();
			changed();
		},
	}));
	const restore = prepareTerminal();
	const app = render(
		createElement(App, {
			model,
			screen,
			subscribe: (listener) => {
				listeners.add(listener);
				return () => void listeners.delete(listener);
			},
			version: () => version,
		}),
		{
			alternateScreen: true,
			exitOnCtrlC: false,
			incrementalRendering: true,
			// Set explicitly, because Ink is not interactive if the variable CI is set. chat() has checked for a terminal.
			interactive: true,
		},
	);
	const leave = (): void => {
		app.unmount();
		restore();
	};
	const crashed = (error: unknown): void => {
		leave();
		console.error("secureconnect: internal error; please report it:", error);
		process.exit(1);
	};
	process.on("uncaughtException", crashed);
	process.on("SIGHUP", () => {
		leave();
		process.exit(0);
	});
	try {
		const ready = untilReady(conversation);
		void ready.then(async () =>
			model.details(await detailsOf(conversations, conversation.id)),
		);
		await Promise.race([
			app.waitUntilExit(),
			untilStopped(),
			untilOver(conversation, options.url, () => true),
			model.start(options.history).then(forever),
		]);
	} finally {
		leave();
		await answered(conversation, screen);
		const left = conversation.unacknowledged.length + screen.unanswered.size;
		close();
		process.stdin.unref();
		if (left > 0) {
			console.error(
				`secureconnect: ${left === 1 ? "one message was" : `${left} messages were`} not acknowledged`,
			);
			process.exitCode = 2;
		}
	}
}

async function answered(
	{ state, unacknowledged }: Conversation,
	{ unanswered }: ChatScreen,
): Promise<void> {
	if (state.name !== "open") return;
	const all = unacknowledged.map(({ acknowledged }) => acknowledged);
	await Promise.race([
		Promise.allSettled([...all, ...unanswered]),
		delay(LEAVE_MS, undefined, { ref: false }),
	]);
}
