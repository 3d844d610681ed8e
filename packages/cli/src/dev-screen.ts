import type { DevUser } from "./dev-people.ts";

interface Screen {
	/** As it is in a URL. */
	readonly host: string;
	readonly port: number;
	/** As it is to be named in the directory in which the lines are pasted. */
	readonly data: string;
	/** `missing`: it was not built. */
	readonly page: "on" | "off" | "missing";
	readonly conversationId: string;
	readonly users: readonly (DevUser & { readonly token: string })[];
	/** Variables that tokens are signed by, which the other terminals need as well. */
	readonly variables: readonly string[];
}

/** What `chat` and `token` take where nothing else is said. */
const DEFAULTS = { url: "http://localhost:8082", data: ".secureconnect" };

/**
 * The first screen a new user sees: what to open, what to paste, shortest first. At 80 columns all from the page on is
 * on a screen of 24 lines.
 */
export function devScreen(screen: Screen): string {
	const { port, data, conversationId, users, variables } = screen;
	const base = `${screen.host}:${port}`;
	const url = `http://${base}`;
	const withUrl = url === DEFAULTS.url ? "" : ` --url ${url}`;
	const withData = data === DEFAULTS.data ? "" : ` --data ${inShell(data)}`;
	const page = {
		on: `Open  ${url}/  and chat. A second person is one click away there.\n`,
		off: "",
		missing:
			'There is no chat page: it was not built. "npm run build" does that.\n',
	}[screen.page];
	const chats = users.map(
		({ userId, name }) =>
			`  npx secureconnect chat ${conversationId}${withUrl}${withData} --user ${userId} --name ${name}`,
	);
	const plain = users.map(
		({ token }) =>
			`  npx wscat -c "ws://${base}/v1/ws/chat?conversation_id=${conversationId}&access_token=${token}"`,
	);
	const environment =
		variables.length === 0
			? ""
			: `, with this server's ${variables.join(", ")}`;
	return `
SecureConnect is running: ws://${base}/v1/ws/chat  (messages are kept in ${data})

${page}
Or open two more terminals in this directory${environment}, and paste a line into each:
${chats.join("\n")}

Or with any client (tokens for 24 hours); then type the third line into it:
${plain.join("\n")}
  {"type":"chat","content":"Hello"}

From a browser's console; every frame and request: ${url}/docs
Stop with Ctrl+C; nothing is lost.`;
}

/** As one word of a shell's line. */
function inShell(text: string): string {
	return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
