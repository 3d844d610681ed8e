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
	// Relative, because a proxy may serve the page under a path.
	base: "./",
	build: {
		target: "es2022",
		// The page's content security policy allows inline images, but no inline fonts or scripts.
		assetsInlineLimit: 0,
		// The bundle contains libraries, so it must include their licences.
		license: { fileName: "licenses.md" },
		modulePreload: false,
		chunkSizeWarningLimit: 700,
	},
});
