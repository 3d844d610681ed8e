import { randomUUID } from "node:crypto";
import { createClient } from "@secureconnect/client";
import {
	ChatProvider,
	useConnectionState,
	useConversation,
	useConversations,
	useInbox,
	useMessageActions,
	useMessages,
	usePins,
	usePresence,
	useReceipts,
	useThread,
	useTyping,
	useUnread,
} from "@secureconnect/react";
import { renderToString } from "react-dom/server";
import { expect, onTestFinished, test, vi } from "vitest";

const id = randomUUID();

function Everything() {
	return JSON.stringify({
		conversation: useConversation(id) ?? null,
		state: useConnectionState(id).name,
		presence: usePresence(id),
		typing: useTyping(id).typing,
		read: [...useReceipts(id).read],
		messages: useMessages(id),
		thread: useThread(id, id),
		pins: usePins(id),
		unread: useUnread(id),
		actions: useMessageActions(id),
		conversations: useConversations(),
		inbox: useInbox(),
	});
}

test("on a server every hook returns its empty value and sends no request", () => {
	expect(typeof document).toBe("undefined");
	const token = vi.fn(() => "a token");
	const asked = vi.spyOn(globalThis, "fetch");
	onTestFinished(() => asked.mockRestore());
	const url = "http://127.0.0.1:1";
	const client = createClient({ url, token });
	const opened = vi.spyOn(client, "conversation");
	const html = renderToString(
		<ChatProvider client={client}>
			<Everything />
		</ChatProvider>,
	);
	expect(JSON.parse(html.replaceAll("&quot;", '"'))).toEqual({
		conversation: null,
		state: "authorising",
		presence: { users: [], count: 0 },
		typing: [],
		read: [],
		messages: {
			items: [],
			firstItemIndex: 1_000_000_000,
			hasOlder: true,
			hasNewer: false,
			isLoading: true,
		},
		thread: { items: [], hasOlder: true, isLoading: true },
		pins: { items: [], isLoading: true },
		unread: { unread: 0, mentions: 0, isMarkedUnread: false, isLoading: true },
		actions: {},
		conversations: {
			conversations: [],
			hasMore: false,
			isLoading: true,
			isLive: false,
		},
		inbox: { status: "loading" },
	});
	for (const spy of [token, asked, opened]) expect(spy).not.toHaveBeenCalled();
});

test("a hook without its provider throws an error that names the missing part", () => {
	expect(() => renderToString(<Everything />)).toThrow("no <ChatProvider>");
});
