/** Messages between the tabs of an origin that share a socket. */

/** Place of an entry in its conversation's order. */
export interface EntryPlace {
	readonly conversationId: string;
	readonly messageId: string | undefined;
	readonly seq: number;
}

/** Where a subscription continues. */
export interface Start {
	/** `seq` of the newest entry that the tab has, if known. */
	readonly seq: number | undefined;
	/** `message_id` of this entry, if known. */
	readonly id: string | undefined;
}

/** A message on the tabs' channel. `holder`, `from` and `to` are ids of tabs. */
export type TabMessage =
	/** A tab asks for the holder, or whether it still answers. */
	| { readonly type: "hello"; readonly from: string }
	/** The socket of this holder opened. */
	| { readonly type: "here"; readonly holder: string }
	/** The holder's answer to `hello`. */
	| { readonly type: "attached"; readonly holder: string; readonly to: string }
	/** The holder's answer to `hello` while its socket opens. */
	| { readonly type: "opening"; readonly to: string }
	/** A frame of the server, for these tabs. */
	| {
			readonly type: "frame";
			readonly holder: string;
			readonly to: readonly string[];
			readonly text: string;
			readonly entry: EntryPlace | undefined;
	  }
	/** A frame of a tab. `start` is that of a subscription. */
	| {
			readonly type: "sent";
			readonly holder: string;
			readonly from: string;
			readonly text: string;
			readonly start: Start | undefined;
	  }
	/** A tab needs the socket no longer. */
	| { readonly type: "bye"; readonly holder: string; readonly from: string }
	/** The holder's socket closed. Only the tab `blamed` gets a code that blames a frame. */
	| {
			readonly type: "gone";
			readonly holder: string;
			readonly code: number;
			readonly reason: string;
			readonly blamed: string | undefined;
	  };
