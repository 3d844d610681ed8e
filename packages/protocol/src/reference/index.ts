export { asyncApi, CLOSE_ADVICE, V1_ONLY } from "./asyncapi.ts";
export { openApi } from "./openapi.ts";
export type { Operation } from "./operation.ts";
export { OPERATIONS } from "./operations.ts";
export {
	type Page,
	restPage,
	type Section,
	type Table,
	websocketPage,
} from "./pages.ts";
export type { Json } from "./schemas.ts";
