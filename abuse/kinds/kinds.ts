import { BODIES } from "./bodies.ts";
import { COMPRESSED } from "./compressed.ts";
import { CONTROL } from "./control.ts";
import { FLOODS } from "./floods.ts";
import { HANDSHAKES } from "./handshakes.ts";
import { INBOXES } from "./inboxes.ts";
import type { Kind } from "./kind.ts";
import { LISTS } from "./lists.ts";
import { PAGES } from "./pages.ts";
import { PARTICIPANTS } from "./participants.ts";

/** Kinds by the part of the server that they abuse. */
export const FAMILIES: Readonly<Record<string, readonly Kind[]>> = {
	control: [CONTROL],
	pages: PAGES,
	bodies: BODIES,
	participants: PARTICIPANTS,
	lists: LISTS,
	compressed: COMPRESSED,
	floods: FLOODS,
	handshakes: HANDSHAKES,
	inboxes: INBOXES,
};

/** Every kind of abuse, in the order of the report. */
export const KINDS: readonly Kind[] = Object.values(FAMILIES).flat();

/** Returns the kind with a name. @throws {Error} for an unknown name */
export function kindNamed(name: string): Kind {
	const kind = KINDS.find((it) => it.name === name);
	if (!kind)
		throw new Error(
			`unknown kind ${name}: give one of ${KINDS.map((it) => it.name).join(", ")}`,
		);
	return kind;
}
