import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Files that take longest, slowest first. Without results of an earlier run vitest starts the largest files first, and
 * a small file that takes half a minute would then run alone at the end.
 */
const SLOWEST: readonly string[] = [
	"apps/web/test/scroll.process.test.ts",
	"apps/web/test/page.process.test.ts",
	"apps/web/test/access.process.test.ts",
	"packages/cli/test/chat-terminal.process.test.ts",
	"packages/cli/test/conform.process.test.ts",
	"abuse/test/abuse.process.test.ts",
	"packages/client/test/chaos.process.test.ts",
	"packages/cli/test/bench.process.test.ts",
	"packages/cli/test/backup.process.test.ts",
	"packages/cli/test/slow-readers.process.test.ts",
	"faults/test/faults.process.test.ts",
	"packages/conformance/test/connections.test.ts",
	"packages/conformance/test/conformance.test.ts",
	"packages/server/test/delivery-cursors.test.ts",
];

/** Sequencer that starts the known slow files first, and the others in vitest's own order. */
export class SlowestFirst extends BaseSequencer {
	override async sort(
		files: TestSpecification[],
	): Promise<TestSpecification[]> {
		const rank = ({ moduleId }: TestSpecification): number => {
			const at = SLOWEST.findIndex((file) => moduleId.endsWith(`/${file}`));
			return at < 0 ? SLOWEST.length : at;
		};
		const sorted = await super.sort(files);
		return sorted.toSorted((a, b) => rank(a) - rank(b));
	}
}
