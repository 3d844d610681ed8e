import type { DevUser } from "./dev-people.ts";

interface Screen {
	/** Host, in the form that URLs use. */
	readonly host: string;
	readonly port: number;
	/** Path of the data directory, valid in the directory where the user pastes the lines. */
	readonly data: string;
	/** `missing`: the build of the page does not exist. */
	readonly page: "on" | "off" | "missing";
	readonly conversationId: string;
	readonly users: readonly (DevUser & { readonly token: string })[];
	/** Environment variables that affect token signing. The other terminals need them too. */
	readonly variables: readonly string[];
}

/** Defaults of `chat` and `token`. */
const DEFAULTS = { url: "http://localhost:8082", data: ".secureconnect" };

/**
 * Returns the first screen that a new user sees: what to open and what to paste, shortest first. With 80 columns,
 * everything from the page's line on fits a screen of 24 lines.
 */
export function devScreen(screen: Screen): string {
	const { port, data, conversationId, users, variables } = screen;
	const base = `${screen.host}:${port}`;
	const url = `http://${base}`;
	const withUrl = url === DEFAULTS.url ? "" : ` --url ${url}`;
	const withData = data === DEFAULTS.data ? "" : ` --data ${inShell(data)}`;
	const page = {
		on: `Open  ${url}/  and chat. One click there adds a second person.\n`,
		off: "",
		missing: 'There is no chat page. Run "npm run build" to build it.\n',
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
Or open two more terminals in this directory${environment}, and paste one line into each:
${chats.join("\n")}

Or use any client (tokens valid for 24 hours), then send the third line:
${plain.join("\n")}
  {"type":"chat","content":"Hello"}

Browser console, reference of frames and requests: ${url}/docs
Stop with Ctrl+C. The server keeps all messages.`;
}

/** Quotes a text as one word of a shell command. */
function inShell(text: string): string {
	return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
