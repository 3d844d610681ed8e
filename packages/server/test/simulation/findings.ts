/** What an oracle found wrong in a run. */
export class Findings {
	readonly all: string[] = [];

	add(finding: string): void {
		this.all.push(finding);
	}
}
