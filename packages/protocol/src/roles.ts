/** Roles of participants, from the most to the fewest rights. Every role includes the rights of the later ones. */
export const ROLES = ["owner", "moderator", "member", "reader"] as const;
export type Role = (typeof ROLES)[number];
