import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { SECRET } from "../../server/test/support/token.ts";
import {
	DOCUMENTED_COMMANDS,
	FIRST_COMMANDS,
} from "./support/documented-commands.ts";
import { ROOT, SECURECONNECT, start } from "./support/program.ts";
import { rest, startDev, startServe } from "./support/server-process.ts";

/** Returns the code blocks of a document in a language, in order. */
function blocks(file: string, language: string): string[] {
	const text = readFileSync(join(ROOT, file), "utf8");
	const fence = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, "g");
	return Array.from(text.matchAll(fence), ([, code = ""]) => code);
}

async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) =>
		server.listen(0, "127.0.0.1", () => resolve()),
	);
	const address = server.address();
	await new Promise((resolve) => server.close(resolve));
	if (typeof address !== "object" || !address) throw new Error("no port");
	return address.port;
}

/** Runs `npx secureconnect` from this build. `serve` runs in the background, as in a separate terminal. */
const PRELUDE = `
set -euo pipefail
npx() {
	shift
	if [ "$1" = -c ]; then "$NODE" "$WSCAT" "$@" -x '{"type":"chat","content":"Hello"}' -w 1; return; fi
	if [ "$1" != serve ]; then "$NODE" "$BIN" "$@"; return; fi
	"$NODE" "$BIN" "$@" --port "$PORT" &
	trap "kill $!; wait $!" EXIT
	curl --silent --output /dev/null --retry 30 --retry-delay 1 --retry-connrefused "http://127.0.0.1:$PORT/healthz"
}
`;

test.for(Object.entries(DOCUMENTED_COMMANDS))(
	"the commands of %s work unchanged",
	async ([file, shown]) => {
		const [port, adminPort] = [await freePort(), await freePort()];
		const commands = blocks(file, "sh").filter(
			(block) => !FIRST_COMMANDS.includes(block),
		);
		expect(commands.length).toBeGreaterThan(1);
		const program = start(
			"bash",
			[
				"-c",
				`${PRELUDE}\n${commands.join("\n").replaceAll("8082", String(port)).replaceAll("8083", String(adminPort))}`,
			],
			{
				cwd: temporaryDirectory(),
				env: {
					NODE: process.execPath,
					BIN: SECURECONNECT,
					WSCAT: join(ROOT, "node_modules/wscat/bin/wscat"),
					PORT: String(port),
				},
			},
		);
		expect(await program.exited, program.stderr).toMatchObject({ code: 0 });
		expect(program.stdout).toMatch(shown);
	},
);

test("the README's JavaScript chats", async () => {
	const dev = await startDev(temporaryDirectory());
	const [code = ""] = blocks("README.md", "js");
	const program = start(process.execPath, [
		"--input-type=module",
		"--eval",
		`const token = "${dev.users[0].token}";\n${code.replace("8082", String(dev.port))}`,
	]);
	await program.untilPrinted(/"type":"chat".*"content":"Hello".*"seq":1/);
});

test("the README's JavaScript signs a valid token", async () => {
	const server = await startServe(temporaryDirectory());
	const [, code = ""] = blocks("README.md", "js");
	const program = start(
		process.execPath,
		["--input-type=module", "--eval", code],
		{ env: { SECURECONNECT_JWT_SECRET: SECRET } },
	);
	expect(await program.exited, program.stderr).toMatchObject({ code: 0 });
	const [token = ""] = program.lines;
	const { status } = await rest(server, "GET", "/v1/conversations", token);
	expect(status).toBe(200);
});
