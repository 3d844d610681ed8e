import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
	plugins: [react()],
	// Use the source code of the other packages, so that no build has to run first.
	resolve: { conditions: ["source", "module", "browser", "production"] },
	// Relative, because a proxy may serve the page under a path.
	base: "./",
	build: {
		target: "es2022",
		// The page's content security policy allows inline images, but no inline fonts or scripts.
		assetsInlineLimit: 0,
		// The bundle contains libraries, so it must include their licences.
		license: { fileName: "licenses.md" },
		modulePreload: { polyfill: false },
		chunkSizeWarningLimit: 700,
	},
});
