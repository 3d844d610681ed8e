/** Schemas of the frames that write and carry entries, from the table of entry types. */
import { ENTRY_TYPES, type EntryType } from "./entry-types.ts";
import * as fields from "./fields.ts";

type Rows = typeof ENTRY_TYPES;
type Built<S> = S extends (...given: never[]) => infer T ? T : never;
type CommandSchemas = {
	[K in EntryType as Rows[K]["command"] extends undefined ? never : K]: Built<
		Rows[K]["command"]
	>;
};
type FrameSchemas = { [K in EntryType]: Built<Rows[K]["frame"]> };

function column(name: "command" | "frame"): Record<string, unknown> {
	return Object.fromEntries(
		Object.entries(ENTRY_TYPES).flatMap(([type, row]) => {
			const build = row[name];
			return build ? [[type, build(fields)]] : [];
		}),
	);
}

/** Schemas of the frames that clients send to write entries. */
export const COMMANDS = column("command") as CommandSchemas;
/** Schemas of the frames that carry entries. */
export const ENTRY_FRAMES = column("frame") as FrameSchemas;
