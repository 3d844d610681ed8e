/** REST requests that amend a message, derived from the table of entry types. */
import Type, { type TObject } from "typebox";
import { type AmendmentType, ENTRY_TYPES, isAmendment } from "./entry-types.ts";
import { Uuid } from "./fields.ts";
import { ClientFrames } from "./frames.ts";

export interface AmendmentRequest {
	readonly type: AmendmentType;
	readonly method: "patch" | "put" | "delete";
	/** Path after that of the message, such as `/reactions/{reaction}`; empty for the message itself. */
	readonly path: string;
	readonly params: TObject;
	/** Where the request has the other fields of the command. */
	readonly input: "body" | "query";
	/** Schema of these fields. */
	readonly fields: TObject;
	/** Fields of the command that the method implies. */
	readonly implied: Readonly<Record<string, unknown>>;
}

/** Path parameters of a request about one message. */
export const messageParams = Type.Object({
	conversationId: Uuid,
	messageId: Uuid,
});

/** Every amendment of a message as a request. */
export const AMENDMENT_REQUESTS: readonly AmendmentRequest[] = Object.keys(
	ENTRY_TYPES,
).flatMap((type) => (isAmendment(type) ? requestsOf(type) : []));

/** Marks of which a conversation has few enough to list the marked messages, with the path after the conversation's. */
export const MARK_LISTS: readonly { type: AmendmentType; path: string }[] =
	Object.entries(ENTRY_TYPES).flatMap(([type, { fold }]) =>
		isAmendment(type) &&
		fold?.kind === "mark" &&
		fold.maxTargets < Number.MAX_SAFE_INTEGER
			? [{ type, path: `/${type}s` }]
			: [],
	);

function requestsOf(type: AmendmentType): AmendmentRequest[] {
	const { fold } = ENTRY_TYPES[type];
	const properties: TObject["properties"] = ClientFrames[type].properties;
	const without = (names: readonly string[]) =>
		Type.Object(
			Object.fromEntries(
				Object.entries(properties).filter(
					([name]) => !["type", "target_id", ...names].includes(name),
				),
			),
		);
	const message = { type, path: "", params: messageParams, implied: {} };
	switch (fold.kind) {
		case "replace":
			return [
				{ ...message, method: "patch", input: "body", fields: without([]) },
			];
		case "erase":
			return [
				{ ...message, method: "delete", input: "query", fields: without([]) },
			];
		case "mark": {
			const { nameField, foldedAs } = fold;
			const named = nameField === undefined ? {} : pick(properties, nameField);
			const mark = {
				type,
				path:
					nameField === undefined ? `/${type}` : `/${foldedAs}/{${nameField}}`,
				params: Type.Object({ ...messageParams.properties, ...named }),
				input: "query",
				fields: without(["on", ...Object.keys(named)]),
			} as const;
			return [
				{ ...mark, method: "put", implied: { on: true } },
				{ ...mark, method: "delete", implied: { on: false } },
			];
		}
	}
}

function pick(
	properties: TObject["properties"],
	name: string,
): TObject["properties"] {
	const property = properties[name];
	return property ? { [name]: property } : {};
}
