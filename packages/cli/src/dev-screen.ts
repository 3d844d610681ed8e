import type { DevUser } from "./dev-people.ts";

interface Screen {
	/** As it is in a URL. */
	readonly host: string;
	readonly port: number;
	readonly data: string;
	/** `missing`: it was not built. */
	readonly page: "on" | "off" | "missing";
	readonly conversationId: string;
	readonly users: readonly (DevUser & { readonly token: string })[];
}

/** The first screen a new user sees: what runs where, what to open, and what to paste next. */
export function devScreen(screen: Screen): string {
	const base = `${screen.host}:${screen.port}`;
	const urls = screen.users.map(
		({ token }) =>
			`ws://${base}/v1/ws/chat?conversation_id=${screen.conversationId}&access_token=${token}`,
	);
	const [first = ""] = urls;
	const terminals = screen.users.map(
		({ name }, i) => `${name}:\n  npx wscat -c "${urls[i]}"\n`,
	);
	const page = {
		on: `Open  http://${base}/  and chat. A second person is one click away there.\n`,
		off: "",
		missing:
			'There is no chat page: it was not built. "npm run build" does that.\n',
	}[screen.page];
	return `
SecureConnect is running: ws://${base}/v1/ws/chat  (messages are kept in ${screen.data})

${page}
Or without a page:

1. Two more terminals in this directory, two people. Paste one line into each:

${terminals.join("\n")}
2. Say something in either: type this line. Both see it, and it is on disk before they do.

  {"type":"chat","content":"Hello"}

Or in a browser's console: open http://${base}/docs , press F12, and paste into the console (Chrome first wants "allow pasting" typed):

  const ws = new WebSocket("${first}");
  ws.onmessage = (event) => console.log(event.data);
  ws.onopen = () => ws.send(JSON.stringify({ type: "chat", content: "Hello from a browser" }));

Every frame and request: http://${base}/docs/websocket and http://${base}/docs/rest

The tokens are good for 24 hours. For somebody else:

  npx secureconnect token --user ${crypto.randomUUID()} --name Carol --ttl 24h --data ${screen.data}

Stop with Ctrl+C; nothing is lost.
`;
}
