/**
 * A UUID in its 36-character form, any case and any version, other than the nil UUID: the seed document's own
 * examples carry version digits that no RFC 9562 version has, so the version is not looked at.
 */
export const UUID_PATTERN =
	"^(?!00000000-0000-0000-0000-000000000000$)[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$";

const UUID = new RegExp(UUID_PATTERN);

/** The UUID in lower case, the one form in which ids are kept and compared; undefined if it is not one. */
export function parseUuid(value: unknown): string | undefined {
	return typeof value === "string" && UUID.test(value)
		? value.toLowerCase()
		: undefined;
}
