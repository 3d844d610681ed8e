import type { ConversationDetails } from "@secureconnect/client";

export type Role = ConversationDetails["participants"][number]["role"];

/** Roles that an owner can give, with their names on the page. */
export const ROLES: readonly (readonly [Role, string])[] = [
	["owner", "Owner"],
	["moderator", "Moderator"],
	["member", "Member"],
	["reader", "Reader"],
];

/** Returns the user's role; undefined if the user is not among the listed participants. */
export function roleOf(
	details: ConversationDetails | undefined,
	userId: string,
): Role | undefined {
	return details?.participants.find((it) => it.userId === userId)?.role;
}
