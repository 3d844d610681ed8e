/** Generates spec/examples/README.md: the golden transcripts in readable form. */
import {
	type Step,
	type Transcript,
	transcripts,
} from "../packages/server/test/support/transcript.ts";

/** Returns the content of the page. */
export function examplesPage(): string {
	return `# Examples

These are whole conversations, with every frame. Each is also a file in this folder, for programs, with one JSON object
on a line. Tests check every frame against its schema, and replay the files to
[a server](../../packages/server/test/examples.test.ts), to
[the original document's client](../../packages/cli/test/examples.test.ts) and to
[our client](../../packages/client/test/transcripts.test.ts). \`npm run docs\` generates this page from the files.

The first line of a file names the conversation and its participants. Each further line is a step of one connection:

| step | meaning |
|---|---|
| \`connects\`, \`closes\` | the client opens or closes the connection |
| \`sends\`, \`sends_text\` | the client sends a frame, or text that is not a frame |
| \`breaks\` | the connection ends without a close frame |
| \`asks\` | the user sends a REST request |
| \`receives\`, \`closed\` | the client receives a frame, or the server closes the connection |

A connection receives exactly the frames that are listed for it, in this order. Lines of different connections may come
in a different order. Your server uses its own values of \`message_id\`, \`timestamp\` and \`expires_at\`. If a value appears
twice in a file, the server's value also appears twice.

${transcripts().map(section).join("\n")}`;
}

function section({ example, name, steps }: Transcript): string {
	return `## ${example}

[\`${name}.jsonl\`](${name}.jsonl)

\`\`\`text
${steps.map(line).join("\n")}
\`\`\`
`;
}

function line(step: Step): string {
	if ("note" in step) return `# ${step.note}`;
	const who = step.as.padEnd(5);
	if ("connects" in step) {
		const { query, protocols } = step.connects;
		return [
			`${who} connects`,
			query && `?${new URLSearchParams(query)}`,
			protocols && `offering ${protocols.join(", ")}`,
		]
			.filter(Boolean)
			.join(" ");
	}
	if ("sends" in step) return `${who} -> ${JSON.stringify(step.sends)}`;
	if ("sends_text" in step) return `${who} -> ${step.sends_text}`;
	if ("receives" in step) return `${who} <- ${JSON.stringify(step.receives)}`;
	if ("closes" in step) return `${who} closes with ${step.closes.code}`;
	if ("closed" in step)
		return `${who} is closed with ${step.closed.code} "${step.closed.reason}"`;
	if ("breaks" in step)
		return `${who} loses the connection, without a close frame`;
	const { method, path, body } = step.asks;
	return `${who} asks ${method} ${path}${body === undefined ? "" : ` ${JSON.stringify(body)}`}: ${step.status}`;
}
