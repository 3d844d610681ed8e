/** Defines one test of a contract suite, for example `test` of vitest or of `node:test`. */
export type DefineTest = (title: string, body: () => Promise<void>) => void;
