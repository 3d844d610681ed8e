/** What a log needs to know about entries. Importing it compiles no validators. */
export {
	encodeAdditionBody,
	encodeChangeBody,
	encodeRoleBody,
	mentionsIn,
	targetOnly,
	withContent,
	withEmptyField,
	withoutContent,
	withTargetBody,
} from "./bodies.ts";
export {
	ENTRY_TYPES,
	type EntryType,
	type Fold,
	foldOf,
	isAmendment,
	type MarkFold,
} from "./entry-types.ts";
export { isAtLeast } from "./roles.ts";
