import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
	plugins: [react()],
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
		modulePreload: { polyfill: false },
		chunkSizeWarningLimit: 700,
	},
});
