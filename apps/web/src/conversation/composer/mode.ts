import type { MessageRow } from "@secureconnect/react";

/** What the composer does with its text besides sending it as a new message. */
export interface Mode {
	readonly kind: "edit" | "reply";
	/** Message that is edited or answered. */
	readonly row: MessageRow;
	/** Edit that the server refused. */
	readonly refused?: {
		readonly text: string;
		/** Whether the message has changed since the user began to edit it. Saving again then replaces that change. */
		readonly isConflict: boolean;
	};
}
