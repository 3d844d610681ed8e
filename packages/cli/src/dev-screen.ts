export interface DevUser {
	readonly name: string;
	readonly userId: string;
}

interface Screen {
	readonly host: string;
	readonly port: number;
	readonly data: string;
	readonly conversationId: string;
	readonly users: readonly (DevUser & { readonly token: string })[];
}

/** The first screen a new user sees: what runs where, and what to paste next. */
export function devScreen(screen: Screen): string {
	const host = screen.host.includes(":") ? `[${screen.host}]` : screen.host;
	const base = `${host}:${screen.port}`;
	const urls = screen.users.map(
		({ token }) =>
			`ws://${base}/v1/ws/chat?conversation_id=${screen.conversationId}&access_token=${token}`,
	);
	const [first = ""] = urls;
	const terminals = screen.users.map(
		({ name }, i) => `${name}:\n  npx wscat -c "${urls[i]}"\n`,
	);
	return `
SecureConnect is running: ws://${base}/v1/ws/chat  (messages are kept in ${screen.data})

1. Two more terminals in this directory, two people. Paste one line into each:

${terminals.join("\n")}
2. Say something in either: type this line. Both see it, and it is on disk before they do.

  {"type":"chat","content":"Hello"}

Or in a browser: open http://${base}/ , press F12, and paste into the console (Chrome first wants "allow pasting" typed):

  const ws = new WebSocket("${first}");
  ws.onmessage = (event) => console.log(event.data);
  ws.onopen = () => ws.send(JSON.stringify({ type: "chat", content: "Hello from a browser" }));

The tokens are good for 24 hours. For somebody else:

  npx secureconnect token --user ${crypto.randomUUID()} --name Carol --ttl 24h --data ${screen.data}

Stop with Ctrl+C; nothing is lost.
`;
}

/** A page of the server's own, so that a browser's console has an origin that may connect. It holds no token. */
export const landingPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>SecureConnect</title>
<link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 15vh auto; padding: 0 1.5rem }
kbd { border: 1px solid; border-radius: .25rem; padding: 0 .3rem }
</style>
<main>
<h1>SecureConnect is running</h1>
<p>Press <kbd>F12</kbd>, open the console, and paste the lines that the terminal printed under
&ldquo;Or in a browser&rdquo;. What anyone says in the conversation appears there.</p>
</main>
</html>
`;
