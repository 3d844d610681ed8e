/** Exports the suites that every adapter must pass. They depend on no test framework: the caller passes its own. */
export { busContract } from "./bus/contract-suite.ts";
export type { DefineTest } from "./contract-test.ts";
export { messageLogContract } from "./log/contract-suite.ts";
