/** Exports what a client needs at run time, without the schemas. Types come from the package itself. */
export { type Camel, fromWire, wireKey, withKeys } from "./camel.ts";
export { TOKEN_REFRESH_REASON } from "./close-codes.ts";
export { parseUuid } from "./ids.ts";
export { BEARER_SUBPROTOCOL_PREFIX, SUBPROTOCOL } from "./subprotocol.ts";
