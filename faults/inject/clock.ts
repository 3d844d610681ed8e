import { globSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { between, oneOf } from "../random.ts";
import type { Fault } from "./fault.ts";

/** Where Debian's package `faketime` puts it. */
const LIBRARY = "/usr/lib/*/faketime/libfaketimeMT.so.1";
const HOUR_S = 3600;

/** The wall clock of the server jumps; what it measures time-outs by does not. */
export const clockJump: Fault = {
	name: "clock-jump",
	does: "the clock jumps an hour ahead, or back",
	scoredCycles: 20,
	missing: () =>
		globSync(LIBRARY).length > 0 ? undefined : "there is no faketime here",
	async prepare(directory) {
		const file = join(directory, "time");
		let offset = 0;
		// Renamed into place: the server reads it at any moment.
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
				// Never further than an hour off, so that tokens stay good.
				set(offset === 0 ? oneOf(random, [HOUR_S, -HOUR_S]) : 0);
				const due = offset;
				await load.until(
					() => Math.abs(load.clockOffsetMs - due * 1000) < 60_000,
					"the server's clock to have jumped",
				);
				return [];
			},
			close: async () => {},
		};
	},
};
