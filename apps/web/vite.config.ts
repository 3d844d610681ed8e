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

export default defineConfig({
	plugins: [react(), withoutPreloadHelper],
	// Its neighbours in this repository as they are written, so that no build has to come first.
	resolve: { conditions: ["source", "module", "browser", "production"] },
	// A proxy may have the page under a path.
	base: "./",
	build: {
		target: "es2022",
		// The page's policy lets it load images that are in the text, but no fonts and no scripts.
		assetsInlineLimit: 0,
		// What others wrote is in it, and their licences go with it.
		license: { fileName: "licenses.md" },
		modulePreload: false,
		chunkSizeWarningLimit: 700,
	},
});
