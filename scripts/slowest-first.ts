import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Slowest files, in order. Without results of an earlier run vitest starts the largest files first, so a small file
 * that takes half a minute would run alone at the end.
 */
const SLOWEST: readonly string[] = [
	"apps/web/test/page.process.test.ts",
	"apps/web/test/scroll.process.test.ts",
	"packages/cli/test/chat-terminal.process.test.ts",
	"packages/cli/test/conform.process.test.ts",
	"packages/cli/test/package.process.test.ts",
	"faults/test/faults.process.test.ts",
	"packages/cli/test/deployment.process.test.ts",
	"abuse/test/abuse.process.test.ts",
	"packages/cli/test/lifecycle.process.test.ts",
	"packages/cli/test/backup.process.test.ts",
	"apps/web/test/hostile.process.test.ts",
	"apps/web/test/engines.process.test.ts",
	"apps/web/test/access.process.test.ts",
	"packages/client/test/chaos.process.test.ts",
	"packages/cli/test/slow-readers.process.test.ts",
	"packages/cli/test/bench.process.test.ts",
];

/**
 * Files that run at the end, in this order, because they need a quiet machine for half a minute: each makes dozens of
 * conformance runs.
 */
const AFTER_PROCESSES: readonly string[] = [
	"packages/conformance/test/conformance.test.ts",
	"packages/conformance/test/amendments.test.ts",
	"packages/server/test/delivery-cursors.test.ts",
	"packages/server/test/log/sqlite-log.test.ts",
	"packages/server/test/jwt.test.ts",
	"packages/conformance/test/connections.test.ts",
];

/** Sequencer that starts slow files first, then processes, then the rest, each in vitest's own order. */
export class SlowestFirst extends BaseSequencer {
	override async sort(
		files: TestSpecification[],
	): Promise<TestSpecification[]> {
		const place = (list: readonly string[], moduleId: string): number =>
			list.findIndex((file) => moduleId.endsWith(`/${file}`));
		const rank = ({ project, moduleId }: TestSpecification): number => {
			const [slow, late] = [SLOWEST, AFTER_PROCESSES].map((list) =>
				place(list, moduleId),
			) as [number, number];
			if (slow >= 0) return slow;
			if (project.name.endsWith("process")) return 100;
			return late >= 0 ? 200 + late : 300;
		};
		const sorted = await super.sort(files);
		return sorted.toSorted((a, b) => rank(a) - rank(b));
	}
}
