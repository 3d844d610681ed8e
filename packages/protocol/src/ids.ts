/**
 * Pattern of a UUID in its 36-character form, in any case and of any version, except the nil UUID. The version is not
 * checked, because the seed document's own examples have version digits that no version of RFC 9562 has.
 */
export const UUID_PATTERN =
	"^(?!00000000-0000-0000-0000-000000000000$)[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$";

const UUID = new RegExp(UUID_PATTERN);

/**
 * Returns the UUID in lower case, or undefined if `value` is not a UUID. Ids are stored and compared only in lower
 * case.
 */
export function parseUuid(value: unknown): string | undefined {
	return typeof value === "string" && UUID.test(value)
		? value.toLowerCase()
		: undefined;
}
