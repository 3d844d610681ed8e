/** Generates docs/settings.md from the table of settings. */
import { SETTINGS, type Setting } from "../packages/cli/src/settings.ts";

/** Returns the text of docs/settings.md. */
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

- \`dev\` has the flags \`--port\`, \`--host\` and \`--data\`, and accepts every variable.
- \`backup\`, \`restore\` and \`verify\` have \`--data\`, with its variable and the default of \`serve\`.
- A malformed value, an unknown flag or an unknown variable with the prefix \`SECURECONNECT_\` prevents the start. The
  command then prints one line that says how to correct it.

This page is generated: \`npm run docs\`.

| flag | variable | default | meaning |
|---|---|---|---|
${rows.join("\n")}
`;
}
