export {
	AMENDMENT_REQUESTS,
	type AmendmentRequest,
	MARK_LISTS,
} from "./amendment-requests.ts";
export { encodeRemovalBody } from "./bodies.ts";
export { type Camel, toWire } from "./camel.ts";
export { CloseCode, CloseReason, TOKEN_REFRESH_REASON } from "./close-codes.ts";
export {
	type InboxInput,
	type Parsed,
	parseAmendment,
	parseChat,
	parseClientFrame,
	parseInboxFrame,
	whyUnstorableMetadata,
} from "./codec.ts";
export {
	encodeChatBody,
	encodeEntry,
	encodeFrame,
	rfc3339,
} from "./encode.ts";
export type { Amendment, Entry, Mentions } from "./entry.ts";
export {
	type AmendmentType,
	ENTRY_TYPES,
	type EntryType,
	type Fold,
	foldOf,
	isAmendment,
	type MarkFold,
	type Writer,
} from "./entry-types.ts";
export {
	ERROR_CODES,
	type ErrorCode,
	HttpError,
	type ProtocolError,
} from "./errors.ts";
export {
	type ChatInput,
	type ClientFrame,
	type ClientFrameOf,
	ClientFrames,
	type ServerFrame,
	type ServerFrameOf,
	ServerFrames,
	type WireClientFrame,
	type WireClientFrameOf,
	type WireServerFrame,
	type WireServerFrameOf,
} from "./frames.ts";
export { parseUuid, UUID_PATTERN } from "./ids.ts";
export {
	type InboxClientFrame,
	type InboxClientFrameOf,
	InboxClientFrames,
	InboxRow,
	type InboxServerFrame,
	type InboxServerFrameOf,
	InboxServerFrames,
	type WireInboxClientFrameOf,
	type WireInboxServerFrameOf,
} from "./inbox-frames.ts";
export {
	hasTooMuchStructure,
	isDeeperThan,
	whyInexact,
	whyUnstorable,
} from "./json.ts";
export { Limits } from "./limits.ts";
export { Rest, type RestShapes, type WireRest } from "./rest.ts";
export { isAtLeast, ROLES, type Role } from "./roles.ts";
export { BEARER_SUBPROTOCOL_PREFIX, SUBPROTOCOL } from "./subprotocol.ts";
