/** What is done with a data directory other than serving from it. */
export { backUp, restore } from "./log/sqlite/backup.ts";
export { type Verification, verify } from "./log/sqlite/verify.ts";
export type { OnProgress } from "./log/sqlite/whole-file.ts";
