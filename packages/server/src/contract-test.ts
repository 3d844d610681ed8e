/** How a contract suite defines one test: `test` of vitest or of `node:test`, say. */
export type DefineTest = (title: string, body: () => Promise<void>) => void;
