/**
 * Bundles the command with its libraries into the distribution of the CLI package, if its inputs have changed. A start
 * then reads a dozen files instead of 1,300, which took more than half of its time.
 */
import { join } from "node:path";
import { keepBuilt } from "./built.ts";

const root = join(import.meta.dirname, "..");

/** Files that the command is built from. */
const INPUTS = [
	"packages/{protocol,server,client,conformance,cli}/{package.json,src/**/*}",
	"package-lock.json",
	"scripts/build-command.ts",
];

/** The sources of the packages, so that no build has to come first. */
const CONDITIONS = ["source", "node", "import", "default"];

/** Bundles are separate, so that the thread that writes the log loads nothing of the server. */
const ENTRIES: Readonly<Record<string, string>> = {
	main: "packages/cli/src/main.ts",
	writer: "packages/server/src/log/sqlite/writer.ts",
};

await keepBuilt(
	join(root, "packages/cli/dist/command"),
	INPUTS,
	async (fresh) => {
		const { build } = await import("vite");
		for (const [name, input] of Object.entries(ENTRIES))
			await build({
				root,
				configFile: false,
				publicDir: false,
				logLevel: "warn",
				resolve: { conditions: CONDITIONS },
				// The terminal chat gets React without its checks for developers.
				define: { "process.env.NODE_ENV": '"production"' },
				ssr: {
					noExternal: true,
					// Ink loads it only for the developers of its own.
					external: ["react-devtools-core"],
					resolve: { conditions: CONDITIONS },
				},
				build: {
					ssr: true,
					target: "node24",
					outDir: fresh,
					emptyOutDir: false,
					// The bundle contains libraries, so it must include their licences.
					license: name === "main" ? { fileName: "licenses.md" } : false,
					rolldownOptions: {
						input: { [name]: join(root, input) },
						output: {
							// Keeps the comments that name the file of each part. Tests read there what a start loads.
							minify: false,
							entryFileNames: "[name].js",
							chunkFileNames: "[name]-[hash].js",
						},
					},
				},
			});
	},
);
