import type { MessageRow } from "@secureconnect/react";

/** What the composer does with its text besides sending it as a new message. */
export interface Mode {
	readonly kind: "edit" | "reply";
	/** Message that is edited or answered. */
	readonly row: MessageRow;
}
