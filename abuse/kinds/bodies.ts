/** Bodies that the server refuses only after it has checked them. */
import { loops, requestText } from "../load/rest.ts";
import type { Kind } from "./kind.ts";

/** About 1 MB of invalid ids, in two forms. */
const INVALID = [
	`{"participant_ids":[${'"",'.repeat(340_000)}""]}`,
	`{"participant_ids":[${"0,".repeat(500_000)}0]}`,
];

const invalidIds: Kind = {
	name: "invalid-ids",
	does: "POST of 1 MB of invalid participant_ids in a loop over 4 connections",
	answers: [400, 413],
	async prepare({ port, tally, token }) {
		const texts = INVALID.map((body) =>
			requestText({ method: "POST", path: "/v1/conversations", body }, token),
		);
		let i = 0;
		return () => loops(4, port, tally, () => texts[i++ % texts.length]);
	},
};

export const BODIES: readonly Kind[] = [invalidIds];
