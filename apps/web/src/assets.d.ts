declare module "*.css";
/** Emoji for the picker: see `emojiData` in `vite.config.ts`. */
declare module "virtual:emoji-data" {
	const data: {
		readonly groups: readonly (readonly [order: number, name: string])[];
		readonly emojis: readonly (readonly [
			emoji: string,
			label: string,
			group: number,
			/** Separated by `|`. */
			tags: string,
			/** One for each skin tone, from light to dark; empty if the emoji has no skin. */
			skins: readonly string[],
		])[];
	};
	export default data;
}
