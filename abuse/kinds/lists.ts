/** Lists of conversations. */
import { randomUUID } from "node:crypto";
import { loops, requestText } from "../load/rest.ts";
import { createToken } from "../load/token.ts";
import type { Kind, Target } from "./kind.ts";
import { createRooms } from "./rooms.ts";

function listText(token: string, limit: number): string {
	return requestText(
		{ method: "GET", path: `/v1/conversations?limit=${limit}` },
		token,
	);
}

const ofStranger: Kind = {
	name: "list-metadata",
	does: "a user who was added to 5,000 rooms with 16 kB of metadata each lists them over 10 connections",
	answers: [200],
	async prepare(target) {
		const victim = randomUUID();
		await createRooms(target, target.amount(5000, 200), {
			participant_ids: [victim],
			title: "unwanted",
			metadata: { m: "x".repeat(16_000) },
		});
		const text = listText(createToken(victim), 1);
		return () => loops(10, target.port, target.tally, () => text);
	},
};

function own(rooms: number): Kind {
	return {
		name: `list-${rooms}`,
		does: `a list of ${rooms.toLocaleString("en")} rooms in a loop over 20 connections`,
		answers: [200],
		async prepare(target: Target) {
			await createRooms(target, target.amount(rooms, rooms / 20), {
				participant_ids: [],
			});
			const text = listText(target.token, 100);
			return () => loops(20, target.port, target.tally, () => text);
		},
	};
}

export const LISTS: readonly Kind[] = [ofStranger, own(2000), own(5000)];
