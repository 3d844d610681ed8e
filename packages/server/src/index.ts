export type { VerificationKey } from "./auth/jwt.ts";
export { MIN_SECRET_BYTES, publicKey, secretKey } from "./auth/key.ts";
export type { ConversationPolicy } from "./chat/authorise.ts";
export {
	type RunningServer,
	type ServerOptions,
	startServer,
} from "./compose.ts";
export { isLoopback, type OriginPolicy } from "./gateway/origin.ts";
export type {
	LocalAnswer,
	WebPage,
	/** @deprecated Use `WebPage`. */
	WebPage as Page,
} from "./http/app.ts";
export { StartupError } from "./startup-error.ts";
