/** Parts of a conversation whose code loads at their first use. */
import { lazily } from "../ui/lazily.ts";

const emojiPopup = () =>
	import("./emoji/emoji-popup.tsx").then(({ EmojiPopup }) => EmojiPopup);

export const EmojiPopup = lazily(emojiPopup);
