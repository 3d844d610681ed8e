import { StartupError } from "@secureconnect/server/startup-error";
import { Command, CommanderError, Option } from "commander";
import type { DataFlags } from "./backup.ts";
import type { ChatFlags } from "./chat/options.ts";
import type { ConformFlags } from "./conform.ts";
import {
	resolveSettings,
	SETTINGS,
	type ServerCommand,
	type Setting,
	type Settings,
	TOKEN_VARIABLE,
} from "./settings.ts";
import type { TokenFlags } from "./token.ts";
import type { VerifyFlags } from "./verify.ts";
import { version } from "./version.ts";

// Each command loads its own part: help and a mistyped flag need no server.

const DATA_FLAG = "--data <directory>";
const DATA_HELP = `the data directory [${SETTINGS.data.env}; default ${SETTINGS.data.defaults.serve}]`;

const program = new Command("secureconnect")
	.description(
		"Chat over WebSocket for your own product: durable, ordered, on your own machines.",
	)
	.version(version)
	.exitOverride()
	.showHelpAfterError(false)
	.configureOutput({ outputError: () => {} })
	.addHelpText(
		"after",
		`
Start here:
  $ secureconnect dev                          a server to try, and lines to paste for two people
  $ secureconnect token --user UUID            a token for somebody else
  $ SECURECONNECT_JWT_SECRET=... secureconnect serve --data /var/lib/secureconnect
  $ secureconnect chat UUID --user UUID        a conversation, in this terminal
  $ secureconnect backup --data /var/lib/secureconnect /backups/monday    while the server runs
  $ secureconnect conform ws://host:8082 --secret ...    does a server keep the protocol?

"secureconnect serve --help" lists every setting.`,
	);

addServerCommand(
	"dev",
	"Run a server to try things on: open conversations, a secret of its own, loopback only.",
	(key) => SETTINGS[key].inDev === true,
	async (settings) => (await import("./dev.ts")).dev(settings),
).addHelpText(
	"after",
	'\nThe environment variables of "secureconnect serve --help" work here too.',
);
addServerCommand(
	"serve",
	"Run a server for production: participants only, tokens signed by you.",
	() => true,
	async (settings) => (await import("./serve.ts")).serve(settings),
).addHelpText(
	"after",
	`
Variables without a flag:
  SECURECONNECT_JWT_SECRET   ${SETTINGS.jwtSecret.help}

Flags go before variables. SIGTERM drains: whatever was read is stored and answered, clients are told when to return.`,
);
program
	.command("token")
	.description("Print an access token, signed with the server's own secret.")
	.requiredOption("--user <uuid>", "whose token")
	.option("--name <text>", "name to show to others")
	.option("--ttl <duration>", "how long it is good for: 30s, 15m, 24h", "15m")
	.option("--admin", "give it the scope admin: an owner's rights everywhere")
	.option(
		"--data <directory>",
		"directory whose secret signs, if SECURECONNECT_JWT_SECRET is not set (default: .secureconnect)",
	)
	.action(async (flags: TokenFlags) =>
		(await import("./token.ts")).token(flags),
	);
addChatCommand(
	"chat",
	"Chat in a terminal; with --json, for programs: lines in are sent, frames come out.",
	async (id, flags) => (await import("./chat/chat.ts")).chat(id, flags),
)
	.option("--json", "send lines of standard input, print frames")
	.addHelpText(
		"after",
		`
With --json a line is a message, or a JSON object with its "content" and "message_type", "metadata", "is_encrypted". Exit
status 0: everything that was read is on the server's disk. 1: there was no connection to be had. 2: something that was
read was not acknowledged.`,
	);
addChatCommand(
	"tail",
	"Print the newest messages of a conversation, and those that come.",
	async (id, flags) => (await import("./chat/tail.ts")).tail(id, flags),
)
	.option("--json", "frames as they are on the wire, one a line")
	.option("--no-follow", "end where the newest message is printed");
program
	.command("conform")
	.description(
		"Check any server, from outside, against the rules of the protocol.",
	)
	.argument("<url>", "where it is: ws://localhost:8082")
	.option(
		"--secret <text>",
		"the server's HS256 secret, to sign tokens with [SECURECONNECT_JWT_SECRET]",
	)
	.option(
		"--token-command <command>",
		"a command that prints a token for the user $CONFORM_USER (a UUID) with the name $CONFORM_NAME, good for $CONFORM_TTL seconds (negative: expired)",
	)
	.option("--ping-interval-ms <n>", "how often the server pings", "54000")
	.option("--pong-timeout-ms <n>", "when it cuts who does not answer", "60000")
	.option("--only <rules>", "rules, families or levels: HS-3,RE,seed")
	.option("--level <level>", "the level to ask for: seed, durable or v1")
	.option("--json", "the report as JSON")
	.addHelpText(
		"after",
		`
The server gets conversations and users of its own, named by random UUIDs. Exit status 1: a rule is broken, the level
asked for is not reached, or the server cannot be; the report says which.`,
	)
	.action(async (url: string, flags: ConformFlags) =>
		(await import("./conform.ts")).conform(url, flags),
	);
program
	.command("backup")
	.description(
		"Copy the messages of a data directory, whether or not a server runs on it.",
	)
	.argument("<directory>", "where to: a directory that is empty or not there")
	.option(DATA_FLAG, DATA_HELP)
	.action(async (directory: string, flags: DataFlags) =>
		(await import("./backup.ts")).backup(directory, flags),
	);
program
	.command("restore")
	.description("Put a backup into a data directory that is empty or not there.")
	.argument("<directory>", "the backup")
	.option(DATA_FLAG, DATA_HELP)
	.action(async (directory: string, flags: DataFlags) =>
		(await import("./backup.ts")).restore(directory, flags),
	);
program
	.command("verify")
	.description(
		"Look through a data directory or a backup for damage. Only reads, also while a server runs.",
	)
	.argument("[directory]", "what to look through (default: that of --data)")
	.option(DATA_FLAG, DATA_HELP)
	.option("--json", "the report as JSON")
	.addHelpText(
		"after",
		`
Exit status 0: everything is as it should be. 1: something is damaged; the report says what, and in which conversation.
2: it could not be looked through.`,
	)
	.action(async (directory: string | undefined, flags: VerifyFlags) =>
		(await import("./verify.ts")).verify(directory, flags),
	);

function addServerCommand(
	name: ServerCommand,
	description: string,
	takes: (key: keyof typeof SETTINGS) => boolean,
	action: (settings: Settings) => Promise<void>,
): Command {
	const command = program.command(name).description(description);
	for (const [key, setting] of Object.entries(SETTINGS) as [
		keyof typeof SETTINGS,
		Setting<unknown>,
	][]) {
		const { flag, env, defaults, otherwise, help } = setting;
		if (!flag || !takes(key)) continue;
		const shown = defaults[name] ?? otherwise;
		const [long = "", value] = flag.split(" ");
		// An on/off flag may stand alone, and then means on.
		const written = value === "<on|off>" ? `${long} [on|off]` : flag;
		command.addOption(
			new Option(
				written,
				`${help} [${env}${shown === undefined ? "" : `; default ${shown}`}]`,
			)
				.preset("on")
				.argParser((text: string) => text),
		);
	}
	return command.action(async (options: Record<string, string>) => {
		const flags: Record<string, string> = {};
		for (const [key, { flag }] of Object.entries(
			SETTINGS as Record<string, Setting<unknown>>,
		)) {
			const attribute = flag && new Option(flag).attributeName();
			const given = attribute && options[attribute];
			if (given !== undefined) flags[key] = given;
		}
		await action(resolveSettings(name, flags, process.env));
	});
}

function addChatCommand(
	name: string,
	description: string,
	action: (conversation: string, flags: ChatFlags) => Promise<void>,
): Command {
	return program
		.command(name)
		.description(description)
		.argument("<conversation>", "its id, a UUID")
		.option("--url <url>", "the server", "http://localhost:8082")
		.option(
			"--user <uuid>",
			"who you are, where this machine has the server's secret",
		)
		.option("--name <text>", "with --user: name to show to others")
		.option(
			"--data <directory>",
			"with --user: directory whose secret signs, if SECURECONNECT_JWT_SECRET is not set (default: .secureconnect)",
		)
		.option(
			"--token-file <file>",
			"a file with your token, read anew when that one ends",
		)
		.option(
			"--token <jwt>",
			`your token; other users of this machine can see it there, but not in [${TOKEN_VARIABLE}]`,
		)
		.option("--history <n>", "messages of before to begin with")
		.action(action);
}

/** A value that belongs to no setting is not repeated: it may be a secret in the wrong place. */
function withoutValues(message: string): string {
	return message
		.replace(/^error: /, "")
		.replace(/^(unknown option '[^'=]*)=.*'/s, "$1'")
		.replace(/^(unknown option '-\w)[^-].*'/s, "$1'")
		.replace(/^(too many arguments .* but got \d+): .*$/s, "$1");
}

/** The help that has what was mistyped. */
function helpCommand(): string {
	const [name] = process.argv.slice(2);
	const known = program.commands.some((command) => command.name() === name);
	return `npx secureconnect ${known ? `${name} ` : ""}--help`;
}

/** Of `verify` 1 means that something is damaged, and must not mean anything else. */
function failed(): number {
	return process.argv[2] === "verify" ? 2 : 1;
}

function oneLine(message: string): string {
	return message.replaceAll("\n", " ");
}

try {
	await program.parseAsync();
} catch (error) {
	process.exitCode = failed();
	if (error instanceof CommanderError) {
		if (error.exitCode === 0) process.exitCode = 0;
		if (error.exitCode !== 0 && error.code !== "commander.help")
			console.error(
				`secureconnect: ${oneLine(withoutValues(error.message))}; "${helpCommand()}" lists what there is`,
			);
	} else if (error instanceof StartupError) {
		console.error(`secureconnect: ${oneLine(error.message)}`);
		process.exit(failed());
	} else {
		console.error(
			"secureconnect: this is a fault of SecureConnect's own:",
			error,
		);
		process.exit(failed());
	}
}
