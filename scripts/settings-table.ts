/** Generates docs/settings.md from the table of settings. */
import { SETTINGS, type Setting } from "../packages/cli/src/settings.ts";

/** Returns the content of the page. */
export function settingsPage(): string {
	const rows = Object.values(SETTINGS as Record<string, Setting<unknown>>).map(
		({ flag, env, defaults, otherwise, help }) => {
			const { dev, serve } = defaults;
			const same = dev === serve && dev !== undefined;
			const written = same
				? `\`${dev}\``
				: [dev && `dev: \`${dev}\``, serve && `serve: \`${serve}\``, otherwise]
						.filter(Boolean)
						.join("; ");
			return `| ${flag ? `\`${flag.replaceAll("|", "\\|")}\`` : ""} | \`${env}\` | ${written || "none"} | ${help} |`;
		},
	);
	return `# Settings

These are the settings of \`secureconnect serve\`. A flag overrides its variable, and a variable overrides the default.

| command | takes |
|---|---|
| \`serve\` | every flag and every variable |
| \`dev\` | the flags \`--port\`, \`--host\` and \`--data\`, and every variable |
| \`backup\`, \`restore\`, \`verify\` | \`--data\`, with its variable and its default |

The server does not start with a malformed value, an unknown flag, or an unknown variable that begins with
\`SECURECONNECT_\`. It prints one line that says how to fix it.

\`npm run docs\` generates this page.

| flag | variable | default | meaning |
|---|---|---|---|
${rows.join("\n")}
`;
}
