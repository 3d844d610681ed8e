/** Generates spec/examples/README.md: the golden transcripts in readable form. */
import {
	type Step,
	type Transcript,
	transcripts,
} from "../packages/server/test/support/transcript.ts";

/** Returns the content of the page. */
export function examplesPage(): string {
	return `# Examples

Complete conversations as they appear on the wire. Each example is a file of this folder with one JSON object per line.
Tests replay the files against
[a server](../../packages/server/test/examples.test.ts),
[the client of the original protocol document](../../packages/cli/test/examples.test.ts) and
[the SDK](../../packages/client/test/transcripts.test.ts), and check every frame against its schema. \`npm run docs\`
generates this page from the files.

The first line of a file has the conversation and its participants. Every other line is an action of one connection
(\`connects\`, \`sends\`, \`sends_text\`, \`closes\`, \`breaks\`, \`asks\` over REST) or an event on it (\`receives\`, \`closed\`). A
connection receives exactly the listed frames, in this order. Lines of different connections may interleave differently.
A server uses its own \`message_id\`, \`timestamp\` and \`expires_at\`. If a value occurs again in the file, the server's
own value occurs again, too.

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
		return `${who} closed with ${step.closed.code} "${step.closed.reason}" by the server`;
	if ("breaks" in step)
		return `${who} breaks the connection, without a close frame`;
	const { method, path, body } = step.asks;
	return `${who} asks ${method} ${path}${body === undefined ? "" : ` ${JSON.stringify(body)}`}: ${step.status}`;
}
