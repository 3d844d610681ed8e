/** The suites that any adapter must pass. They need no test framework of their own: the caller's is handed in. */
export { busContract } from "./bus/contract-suite.ts";
export type { DefineTest } from "./contract-test.ts";
export { messageLogContract } from "./log/contract-suite.ts";
