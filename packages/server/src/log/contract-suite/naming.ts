import assert from "node:assert/strict";
import { parseUuid } from "@secureconnect/protocol";
import type { LogFactory } from "../contract-suite.ts";
import type { WithLog } from "./fixtures.ts";

export function naming(withLog: WithLog, factory: LogFactory): void {
	withLog("a log keeps its own epoch over restarts", async (log) => {
		const { epoch } = log;
		assert.equal(parseUuid(epoch), epoch);
		await log.close();
		const again = await factory.reopen(log);
		const other = await factory.open();
		try {
			assert.equal(again.epoch, epoch);
			assert.notEqual(other.epoch, epoch);
		} finally {
			await again.close();
			await other.close();
		}
	});
}
