/** Roles of participants, from the most to the fewest rights. Every role includes the rights of the later ones. */
export const ROLES = ["owner", "moderator", "member", "reader"] as const;
export type Role = (typeof ROLES)[number];

/** Returns whether a role includes the rights of `lowest`; false for a user without a role. */
export function isAtLeast(lowest: Role, role: Role | undefined): boolean {
	return role !== undefined && ROLES.indexOf(role) <= ROLES.indexOf(lowest);
}
