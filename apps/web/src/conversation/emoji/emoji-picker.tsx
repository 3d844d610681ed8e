import {
	type EmojiData,
	type EmojiDataResolver,
	type EmojiPickerListComponents,
	EmojiPicker as Picker,
	type SkinTone,
} from "frimousse";
import { type AriaAttributes, type RefObject, useState } from "react";
import { inBrowser } from "../../account/kept.ts";

const TONE = "secureconnect-skin-tone";
const TONES = [
	"light",
	"medium-light",
	"medium",
	"medium-dark",
	"dark",
] as const;
const COLUMNS = 8;

/** Chromium on Windows draws the flags of countries as letters. */
const HAS_FLAGS =
	!/Windows/.test(navigator.userAgent) || /Firefox/.test(navigator.userAgent);
/** Group of the flags. */
const FLAGS = 9;

/** The library counts the rows and columns from 0; for screen readers they begin at 1. */
const PARTS: EmojiPickerListComponents = {
	CategoryHeader: ({ category, ...rest }) => (
		<div {...rest}>{category.label}</div>
	),
	Row: (props) => <div {...props} {...oneMore("aria-rowindex", props)} />,
	Emoji: ({ emoji, ...props }) => (
		<button type="button" {...props} {...oneMore("aria-colindex", props)}>
			{emoji.emoji}
		</button>
	),
};

function oneMore(
	name: "aria-rowindex" | "aria-colindex",
	props: AriaAttributes,
): AriaAttributes {
	const { [name]: index } = props;
	return index === undefined ? {} : { [name]: index + 1 };
}

function capital(text: string): string {
	return text.charAt(0).toUpperCase() + text.slice(1);
}

const resolve: EmojiDataResolver = async () => {
	const { groups, emojis } = (await import("virtual:emoji-data")).default;
	return {
		locale: "en",
		categories: groups.map(([index, name]) => ({
			index,
			label: capital(name),
		})),
		emojis: emojis
			.filter(([, , group]) => HAS_FLAGS || group !== FLAGS)
			.map(([emoji, label, category, tags, skins]) => ({
				emoji,
				label: capital(label),
				category,
				version: 1,
				tags: tags.split("|"),
				...(skins.length > 0 && { skins: byTone(skins) }),
			})),
		skinTones: byTone(TONES.map((tone) => `${capital(tone)} skin tone`)),
	};
};

function byTone(values: readonly string[]): EmojiData["skinTones"] {
	return Object.fromEntries(
		TONES.map((tone, i) => [tone, values[i] ?? ""]),
	) as EmojiData["skinTones"];
}

function keptTone(): SkinTone {
	return TONES.find((tone) => tone === inBrowser.get(TONE)) ?? "none";
}

/** Shows all emoji with a search field. The arrow keys select an emoji and Enter picks it, also from the field. */
export function EmojiPicker(props: {
	readonly search: RefObject<HTMLInputElement | null>;
	readonly onPick: (emoji: string) => void;
}) {
	const [tone] = useState(keptTone);
	return (
		<Picker.Root
			className="emoji-picker"
			columns={COLUMNS}
			skinTone={tone}
			resolveEmojiData={resolve}
			onEmojiSelect={({ emoji }) => props.onPick(emoji)}
		>
			<Picker.Search
				ref={props.search}
				aria-label="Search emoji"
				placeholder="Search emoji"
				spellCheck="false"
			/>
			<Picker.Viewport className="emoji-viewport">
				<Picker.Loading className="emoji-note">Loading…</Picker.Loading>
				<Picker.Empty className="emoji-note">No emoji found.</Picker.Empty>
				<Picker.List aria-label="Emoji" components={PARTS} />
			</Picker.Viewport>
			<div className="emoji-foot">
				<Picker.ActiveEmoji>
					{({ emoji }) =>
						emoji ? (
							<span className="emoji-name">
								<span>{emoji.emoji}</span> <span>{emoji.label}</span>
							</span>
						) : (
							<span className="emoji-name">Choose an emoji</span>
						)
					}
				</Picker.ActiveEmoji>
				<Picker.SkinTone>
					{({ skinTone, setSkinTone, skinToneVariations }) => (
						<button
							className="round"
							type="button"
							aria-label={`Skin tone: ${skinTone === "none" ? "default" : skinTone}. Change`}
							onClick={() => {
								const at = skinToneVariations.findIndex(
									(it) => it.skinTone === skinTone,
								);
								const next =
									skinToneVariations[(at + 1) % skinToneVariations.length];
								inBrowser.set(TONE, next?.skinTone ?? "none");
								setSkinTone(next?.skinTone ?? "none");
							}}
						>
							{skinToneVariations.find((it) => it.skinTone === skinTone)?.emoji}
						</button>
					)}
				</Picker.SkinTone>
			</div>
		</Picker.Root>
	);
}
