import { messageLogContract } from "@secureconnect/server/contracts";
import { test } from "vitest";
import { SqliteLog } from "../../src/log/sqlite/sqlite-log.ts";
import { temporaryDirectory } from "../support/server.ts";

const directories = new WeakMap<object, string>();

async function open(directory: string): Promise<SqliteLog> {
	const log = await SqliteLog.open(directory);
	directories.set(log, directory);
	return log;
}

messageLogContract(test, {
	open: () => open(temporaryDirectory()),
	reopen: (log) => open(directories.get(log) ?? ""),
});
