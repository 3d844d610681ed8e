/**
 * Renders everything under StrictMode, sends, and unmounts everything. Any handle left open would keep this program
 * alive.
 */
import { randomUUID } from "node:crypto";
import "./dom.ts";
import { createClient } from "@secureconnect/client";
import { createRest } from "@secureconnect/client/rest";
import {
	ChatProvider,
	useConnectionState,
	useConversation,
	useConversations,
	useMessage,
	useMessageActions,
	useMessages,
	usePins,
	usePresence,
	useReceipts,
	useThread,
	useTyping,
	useUnread,
} from "@secureconnect/react";
import { createElement, StrictMode, useEffect } from "react";
import { createRoot } from "react-dom/client";

const [url = "", bearer = ""] = process.argv.slice(2);
const id = randomUUID();
const signals: AbortSignal[] = [];
let isLeaving = false;
for (const target of [globalThis, document]) {
	const add = target.addEventListener.bind(target);
	target.addEventListener = (
		type: string,
		listener: EventListenerOrEventListenerObject,
		options?: boolean | AddEventListenerOptions,
	) => {
		if (typeof options === "object" && options.signal)
			signals.push(options.signal);
		add(type, listener, options);
	};
}

function Everything(): null {
	useConversation(id);
	useConnectionState(id);
	usePresence(id);
	useTyping(id);
	useReceipts(id);
	useMessage(id, id);
	useMessageActions(id);
	usePins(id);
	useThread(id, id);
	useUnread(id);
	const { isLoading } = useConversations();
	const { items, send } = useMessages(id);
	useEffect(() => {
		if (!isLoading && items.length === 0) send("Hello");
	}, [isLoading, items, send]);
	useEffect(() => {
		const [item] = items;
		if (item?.kind !== "message" || item.seq === 0 || isLeaving) return;
		isLeaving = true;
		console.log("shown:", item.content);
		setTimeout(() => {
			root.unmount();
			// Runs after the client's own timer, which waits equally long for the next view.
			setTimeout(() => {
				const left = signals.filter(({ aborted }) => !aborted);
				console.log("listeners left:", left.length);
			});
		});
	}, [items]);
	return null;
}

const root = createRoot(document.createElement("div"));
const token = (): string => bearer;
root.render(
	createElement(
		StrictMode,
		undefined,
		createElement(
			ChatProvider,
			{
				client: createClient({ url, token }),
				rest: createRest({ url, token }),
			},
			createElement(Everything),
		),
	),
);
