/** Exports the operations on a data directory besides serving from it. */
export { backUp, restore } from "./log/sqlite/backup.ts";
export { type Verification, verify } from "./log/sqlite/verify.ts";
export type { OnProgress } from "./log/sqlite/whole-file.ts";
