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

// Each command imports its own module when it runs, so that help and argument errors do not load the server.

const DATA_FLAG = "--data <directory>";
const DATA_HELP = `data directory [${SETTINGS.data.env}; default ${SETTINGS.data.defaults.serve}]`;

const program = new Command("secureconnect")
	.description(
		"Self-hosted chat over WebSocket: durable, ordered, on your own machines.",
	)
	.version(version)
	.exitOverride()
	.showHelpAfterError(false)
	.configureOutput({ outputError: () => {} })
	.addHelpText(
		"after",
		`
Start here:
  $ secureconnect dev                          a local server to try, with commands for two users
  $ secureconnect token --user UUID            print a token for a user
  $ SECURECONNECT_JWT_SECRET=... secureconnect serve --data /var/lib/secureconnect
  $ secureconnect chat UUID --user UUID        chat in this terminal
  $ secureconnect backup --data /var/lib/secureconnect /backups/monday    also while the server runs
  $ secureconnect conform ws://host:8082 --secret ...    check a server against the protocol

"secureconnect serve --help" lists every setting.`,
	);

addServerCommand(
	"dev",
	"Run a local server for development: open conversations, its own secret, loopback only.",
	(key) => SETTINGS[key].inDev === true,
	async (settings) => (await import("./dev.ts")).dev(settings),
).addHelpText(
	"after",
	'\nThe environment variables of "secureconnect serve --help" work here too.',
);
addServerCommand(
	"serve",
	"Run a production server: only participants connect, with tokens that your application signs.",
	() => true,
	async (settings) => (await import("./serve.ts")).serve(settings),
).addHelpText(
	"after",
	`
Variables without a flag:
  SECURECONNECT_JWT_SECRET   ${SETTINGS.jwtSecret.help}

A flag overrides its variable. On SIGTERM the server drains: it stores and answers the frames it has read, and tells
clients when to reconnect.`,
);
program
	.command("token")
	.description("Print an access token, signed with the server's secret.")
	.requiredOption("--user <uuid>", "id of the user")
	.option("--name <text>", "name that other users see")
	.option("--ttl <duration>", "lifetime of the token: 30s, 15m, 24h", "15m")
	.option(
		"--admin",
		"add the scope admin: an owner's rights in every conversation",
	)
	.option(
		"--data <directory>",
		"directory whose secret signs, if SECURECONNECT_JWT_SECRET is not set (default: .secureconnect)",
	)
	.action(async (flags: TokenFlags) =>
		(await import("./token.ts")).token(flags),
	);
addChatCommand(
	"chat",
	"Chat in a terminal. With --json, for programs: send the lines of standard input, print frames.",
	async (id, flags) => (await import("./chat/chat.ts")).chat(id, flags),
)
	.option("--json", "send the lines of standard input, print frames")
	.addHelpText(
		"after",
		`
Without --json, the draft accepts /reply, /edit, /delete, /react, /unreact, /pin and /unpin. They concern the newest
message that suits them; type / to see the numbers of others, as in /react #3.

With --json, a line is the text of a message, or a JSON object with the fields of a frame, such as "content",
"message_type", "metadata" and "reply_to". An object with a "type" and a "target_id" changes a message: it edits, deletes,
pins it or reacts to it.

Exit status 0: the server has stored everything that was read. 1: the client could not connect. 2: the server did not
acknowledge everything that was read.`,
	);
addChatCommand(
	"tail",
	"Print the newest messages of a conversation, then new ones as they arrive.",
	async (id, flags) => (await import("./chat/tail.ts")).tail(id, flags),
)
	.option("--json", "print frames as they are on the wire, one per line")
	.option("--no-follow", "exit after printing the newest messages");
program
	.command("conform")
	.description(
		"Check a server against the rules of the protocol, over the network.",
	)
	.argument("<url>", "URL of the server, such as ws://localhost:8082")
	.option(
		"--secret <text>",
		"the server's HS256 secret, which signs the tokens of the check [SECURECONNECT_JWT_SECRET]",
	)
	.option(
		"--token-command <command>",
		"command that prints a token for the user $CONFORM_USER (a UUID) with the name $CONFORM_NAME, valid for $CONFORM_TTL seconds (negative: expired)",
	)
	.option("--ping-interval-ms <n>", "the server's ping interval", "54000")
	.option("--pong-timeout-ms <n>", "the server's pong time-out", "60000")
	.option(
		"--only <rules>",
		"check only these rules, families or levels: HS-3,RE,seed",
	)
	.option(
		"--level <level>",
		"level that the server must reach: seed, durable or v1",
	)
	.option("--json", "print the report as JSON")
	.addHelpText(
		"after",
		`
The check creates its own conversations and users on the server, with random UUIDs. Exit status 1: the server breaks a
rule, does not reach the level of --level, or cannot be reached. The report says which.`,
	)
	.action(async (url: string, flags: ConformFlags) =>
		(await import("./conform.ts")).conform(url, flags),
	);
program
	.command("backup")
	.description(
		"Copy the messages of a data directory. A server may be running on it.",
	)
	.argument(
		"<directory>",
		"target: a directory that is empty or does not exist",
	)
	.option(DATA_FLAG, DATA_HELP)
	.action(async (directory: string, flags: DataFlags) =>
		(await import("./backup.ts")).backup(directory, flags),
	);
program
	.command("restore")
	.description(
		"Restore a backup to a data directory that is empty or does not exist.",
	)
	.argument("<directory>", "directory of the backup")
	.option(DATA_FLAG, DATA_HELP)
	.action(async (directory: string, flags: DataFlags) =>
		(await import("./backup.ts")).restore(directory, flags),
	);
program
	.command("verify")
	.description(
		"Check a data directory or a backup for damage. It only reads; a server may be running.",
	)
	.argument(
		"[directory]",
		"data directory or backup to check (default: that of --data)",
	)
	.option(DATA_FLAG, DATA_HELP)
	.option("--json", "print the report as JSON")
	.addHelpText(
		"after",
		`
Exit status 0: no damage. 1: damage; the report says what is damaged, and in which conversation. 2: the directory could
not be checked.`,
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
		// An on/off flag without a value means on.
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
		.argument("<conversation>", "id of the conversation, a UUID")
		.option("--url <url>", "URL of the server", "http://localhost:8082")
		.option(
			"--user <uuid>",
			"your user id, if this machine has the server's secret",
		)
		.option("--name <text>", "with --user: name that other users see")
		.option(
			"--data <directory>",
			"with --user: directory whose secret signs, if SECURECONNECT_JWT_SECRET is not set (default: .secureconnect)",
		)
		.option(
			"--token-file <file>",
			"file that holds your token; read again before the token expires",
		)
		.option(
			"--token <jwt>",
			`your token; other users of this machine can see flags, but not variables [${TOKEN_VARIABLE}]`,
		)
		.option("--history <n>", "number of earlier messages to show first")
		.action(action);
}

/** Removes values from an error message: a value in the wrong place may be a secret. */
function withoutValues(message: string): string {
	return message
		.replace(/^error: /, "")
		.replace(/^(unknown option '[^'=]*)=.*'/s, "$1'")
		.replace(/^(unknown option '-\w)[^-].*'/s, "$1'")
		.replace(/^(too many arguments .* but got \d+): .*$/s, "$1");
}

/** Names the help command of the command that the user mistyped. */
function helpCommand(): string {
	const [name] = process.argv.slice(2);
	const known = program.commands.some((command) => command.name() === name);
	return `npx secureconnect ${known ? `${name} ` : ""}--help`;
}

/** Returns the exit status of a failure. `verify` fails with 2, because its status 1 means damage. */
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
				`secureconnect: ${oneLine(withoutValues(error.message))}; "${helpCommand()}" lists the commands and flags`,
			);
	} else if (error instanceof StartupError) {
		console.error(`secureconnect: ${oneLine(error.message)}`);
		process.exit(failed());
	} else {
		console.error("secureconnect: internal error; please report it:", error);
		process.exit(failed());
	}
}
