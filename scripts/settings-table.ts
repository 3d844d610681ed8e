/** docs/settings.md, from the table of settings. */
import { SETTINGS, type Setting } from "../packages/cli/src/settings.ts";

/** The page, as it should be. */
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

Of \`secureconnect serve\`. A flag goes before its variable, a variable before the default. \`dev\` has the flags \`--port\`,
\`--host\` and \`--data\`, and understands every variable. \`backup\`, \`restore\` and \`verify\` have \`--data\`, with its variable and
default. A malformed value, an unknown flag and an unknown variable that
begins with \`SECURECONNECT_\` stop the start with one line that says how to mend it.

This page is generated: \`npm run docs\`.

| flag | variable | default | for |
|---|---|---|---|
${rows.join("\n")}
`;
}
