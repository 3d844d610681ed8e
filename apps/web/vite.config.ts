import { createRequire } from "node:module";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/**
 * Replaces Vite's helper around `import()`, which preloads the imports of a chunk. `main.tsx` loads all chunks soon
 * after the first view, so the helper's half a kilobyte only makes the first view longer.
 */
const withoutPreloadHelper: Plugin = {
	name: "without-preload-helper",
	enforce: "pre",
	load: (id) =>
		id.includes("vite/preload-helper")
			? "export const __vitePreload = (load) => load();"
			: null,
};

/** Newest version of Unicode's emoji whose characters current systems can draw. */
const EMOJI_VERSION = 15;
/** Group of the parts that emoji consist of, such as skin tones. */
const COMPONENTS = 2;

interface Emoji {
	readonly hexcode: string;
	readonly label: string;
	readonly group?: number;
	readonly tags?: readonly string[];
	readonly version: number;
	readonly tone?: number | readonly number[];
	readonly skins?: readonly Emoji[];
}

/**
 * Provides the module `virtual:emoji-data`: the emoji of `emojibase-data` with only the fields that the picker needs,
 * which are a fifth of its size. The module is a chunk of the page, so the picker requests nothing from other hosts.
 */
const emojiData: Plugin = {
	name: "emoji-data",
	resolveId: (id) => (id === "virtual:emoji-data" ? "\0emoji-data" : null),
	load(id) {
		if (id !== "\0emoji-data") return null;
		const require = createRequire(import.meta.url);
		const all = require("emojibase-data/en/data.json") as Emoji[];
		const { groups } = require("emojibase-data/en/messages.json") as {
			groups: { order: number; message: string }[];
		};
		// `hexcode` is the form that Unicode recommends. `emoji` has additional variation selectors, with which the same
		// reaction from another client would count as a different one.
		const text = ({ hexcode }: Emoji): string =>
			String.fromCodePoint(
				...hexcode.split("-").map((code) => Number.parseInt(code, 16)),
			);
		const data = {
			groups: groups
				.filter(({ order }) => order !== COMPONENTS)
				.map(({ order, message }) => [order, message]),
			emojis: all
				.filter(
					({ group, version }) =>
						group !== undefined &&
						group !== COMPONENTS &&
						version <= EMOJI_VERSION,
				)
				.map((emoji) => [
					text(emoji),
					emoji.label,
					emoji.group,
					(emoji.tags ?? []).join("|"),
					(emoji.skins ?? [])
						.filter(({ tone }) => typeof tone === "number")
						.map(text),
				]),
		};
		return `export default JSON.parse(${JSON.stringify(JSON.stringify(data))})`;
	},
};

/**
 * Preact in the place of React, also for the libraries that the page uses: a sixth of React's bytes. The sources keep
 * React's names and types.
 */
const PREACT = {
	"react/jsx-runtime": "preact/jsx-runtime",
	"react-dom/client": "preact/compat/client",
	"react-dom": "preact/compat",
	react: "preact/compat",
};

export default defineConfig({
	plugins: [react(), withoutPreloadHelper, emojiData],
	// Its neighbours in this repository as they are written, so that no build has to come first.
	resolve: {
		conditions: ["source", "module", "browser", "production"],
		alias: PREACT,
	},
	// Relative, because a proxy may serve the page under a path.
	base: "./",
	build: {
		target: "es2022",
		// The page's content security policy allows inline images, but no inline fonts or scripts.
		assetsInlineLimit: 0,
		// The bundle contains libraries, so it must include their licences.
		license: { fileName: "licenses.md" },
		// The HTML names the imports of the entry, so that they load beside it. Browsers of `target` need no help for that.
		modulePreload: { polyfill: false },
		chunkSizeWarningLimit: 700,
	},
});
