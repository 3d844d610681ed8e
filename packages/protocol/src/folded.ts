/** Schema of a message with what its amendments amount to, derived from the table of entry types. */
import Type, {
	type TArray,
	type TInteger,
	type TLiteral,
	type TObject,
	type TOptional,
	type TProperties,
	type TString,
} from "typebox";
import {
	type AmendmentType,
	ENTRY_TYPES,
	type MarkFold,
} from "./entry-types.ts";
import { Timestamp, Uuid } from "./fields.ts";
import { ServerFrames } from "./frames.ts";

type Folds = { [K in AmendmentType]: (typeof ENTRY_TYPES)[K]["fold"] };
type TMarks<Name extends string> = TArray<
	TObject<
		{ [K in Name]: TString } & {
			count: TInteger;
			me: Type.TBoolean;
			user_ids: TArray<TString>;
		}
	>
>;
/** Fields of a folded message that report its marks. */
type MarkFields = {
	[K in AmendmentType as Folds[K] extends { foldedAs: infer N extends string }
		? N
		: never]: TOptional<
		Folds[K] extends { nameField: infer N extends string }
			? TMarks<N>
			: TLiteral<true>
	>;
};

const MAX_USERS = 10;

function fieldOf({ nameField }: MarkFold): TProperties[string] {
	if (nameField === undefined)
		return Type.Optional(
			Type.Literal(true, { description: "Absent if it is not." }),
		);
	return Type.Optional(
		Type.Array(
			Type.Object({
				[nameField]: Type.String(),
				count: Type.Integer({ minimum: 1 }),
				me: Type.Boolean({ description: "Whether the user is among them." }),
				user_ids: Type.Array(Uuid, {
					maxItems: MAX_USERS,
					description: `The first ${MAX_USERS} users, in order.`,
				}),
			}),
			{ description: "In the order of the first of each. Absent if none." },
		),
	);
}

const marks = Object.fromEntries(
	Object.values(ENTRY_TYPES).flatMap(({ fold }) =>
		fold?.kind === "mark" ? [[fold.foldedAs, fieldOf(fold)]] : [],
	),
) as unknown as MarkFields;

export const foldedMessage = Type.Object(
	{
		...ServerFrames.chat.properties,
		...marks,
		thread: Type.Optional(
			Type.Object(
				{
					count: Type.Integer({
						minimum: 0,
						description: "Replies that were not deleted.",
					}),
					last_at: Timestamp,
					user_ids: Type.Array(Uuid, {
						maxItems: 5,
						description: "Users who replied most recently, newest first.",
					}),
				},
				{ description: "Absent if the message begins no thread." },
			),
		),
	},
	{ description: "A message with its marks and its thread." },
);
