/** Parts of a conversation whose code loads at their first use. */
import { lazily } from "../ui/lazily.ts";

export const EmojiPopup = lazily(() =>
	import("./emoji/emoji-popup.tsx").then(({ EmojiPopup }) => EmojiPopup),
);
export const MessageMenu = lazily(() =>
	import("./actions/message-menu.tsx").then(({ MessageMenu }) => MessageMenu),
);
export const DeleteQuestion = lazily(() =>
	import("../ui/confirm.tsx").then(({ Confirm }) => Confirm),
);
export const ThreadPanel = lazily(() =>
	import("./panels/thread-panel.tsx").then(({ ThreadPanel }) => ThreadPanel),
);
export const PinsPanel = lazily(() =>
	import("./panels/pins-panel.tsx").then(({ PinsPanel }) => PinsPanel),
);
export const ParticipantsDialog = lazily(() =>
	import("../people/participants-dialog.tsx").then(
		({ ParticipantsDialog }) => ParticipantsDialog,
	),
);
