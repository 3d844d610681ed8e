import { globSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { between, oneOf } from "../random.ts";
import type { Fault } from "./fault.ts";

/** Path in Debian's package `faketime`. */
const LIBRARY = "/usr/lib/*/faketime/libfaketimeMT.so.1";
const HOUR_S = 3600;

/** Lets the wall clock of the server jump, but not the clock that it measures time-outs with. */
export const clockJump: Fault = {
	name: "clock-jump",
	does: "the clock jumps an hour ahead, or back",
	scoredCycles: 20,
	missing: () =>
		globSync(LIBRARY).length > 0 ? undefined : "faketime is not installed",
	async prepare(directory) {
		const file = join(directory, "time");
		let offset = 0;
		// Rename the file into place, because the server may read it at any moment.
		const set = (seconds: number): void => {
			offset = seconds;
			writeFileSync(`${file}.new`, `${seconds < 0 ? "" : "+"}${seconds}s\n`);
			renameSync(`${file}.new`, file);
		};
		set(0);
		return {
			data: join(directory, "data"),
			env: {
				LD_PRELOAD: globSync(LIBRARY)[0] ?? "",
				FAKETIME_TIMESTAMP_FILE: file,
				FAKETIME_NO_CACHE: "1",
				FAKETIME_DONT_FAKE_MONOTONIC: "1",
				FAKETIME_DONT_RESET: "1",
			},
			async inject({ load, random }) {
				await load.delivered(between(random, 50, 300));
				// At most an hour off, so that tokens stay valid.
				set(offset === 0 ? oneOf(random, [HOUR_S, -HOUR_S]) : 0);
				const due = offset;
				await load.until(
					() => Math.abs(load.clockOffsetMs - due * 1000) < 60_000,
					"a jump of the server's clock",
				);
				return [];
			},
			close: async () => {},
		};
	},
};
