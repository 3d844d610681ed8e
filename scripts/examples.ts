/** spec/examples/README.md: the golden transcripts, for people. */
import {
	type Step,
	type Transcript,
	transcripts,
} from "../packages/server/test/support/transcript.ts";

/** The page, as it should be. */
export function examplesPage(): string {
	return `# Examples

Whole conversations as they go over the wire. Each is a file of this folder, one JSON object a line, for programs: the tests
[replay them](../../packages/server/test/examples.test.ts) against a server, to [the original document's client](../../packages/cli/test/examples.test.ts) and to
[ours](../../packages/client/test/transcripts.test.ts), and every frame is checked against its schema. This page is generated from them: \`npm run docs\`.

The first line of a file names the conversation and its participants. Each of the others is what one connection does
(\`connects\`, \`sends\`, \`sends_text\`, \`closes\`, \`breaks\`, \`asks\` over REST) or gets (\`receives\`, \`closed\`). What a connection receives is all it
receives, in this order; how the lines of different connections interleave is one way of several. A server's own
\`message_id\`, \`timestamp\` and \`expires_at\` differ from those written here, and stand for them wherever they come again.

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
	if ("breaks" in step) return `${who} breaks off, without a close frame`;
	const { method, path, body } = step.asks;
	return `${who} asks ${method} ${path}${body === undefined ? "" : ` ${JSON.stringify(body)}`}: ${step.status}`;
}
