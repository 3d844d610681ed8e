/** Frames of `/v1/ws/inbox`: its own, and those of a chat connection, which name their conversation here. */
import type { TSchema } from "typebox";
import { Type, Uuid } from "../fields.ts";
import { ClientFrames, ServerFrames } from "../frames.ts";
import { InboxClientFrames, InboxServerFrames } from "../inbox-frames.ts";
import { clientExamples, serverExamples } from "./examples.ts";
import { inboxClientExamples, inboxServerExamples } from "./inbox-examples.ts";

/** A frame with its schema and an example. */
export interface Documented {
	readonly type: string;
	readonly schema: TSchema & { readonly description?: string };
	readonly example: unknown;
}

/** Frames of a client that are about no conversation. */
const ABOUT_NONE: readonly string[] = ["auth"];
/** Frames of the server that a connection for several conversations does not send. */
const CHAT_ONLY: readonly string[] = ["welcome"];

export const inboxSent = documented(InboxClientFrames, inboxClientExamples);
export const inboxReceived = documented(InboxServerFrames, inboxServerExamples);

/** Frames of a chat connection that a client sends with their `conversation_id`. */
export const namedSent: readonly Documented[] = documented(
	ClientFrames,
	clientExamples,
)
	.filter(({ type }) => !ABOUT_NONE.includes(type))
	.map(({ type, schema: { description = "" }, example }) => {
		const { type: literal, ...fields } =
			ClientFrames[type as keyof typeof ClientFrames].properties;
		const { type: _, ...values } = example as { type: string };
		return {
			type,
			schema: Type.Object(
				{ type: literal, conversation_id: Uuid, ...fields },
				{ description },
			),
			example: {
				type,
				conversation_id: serverExamples.welcome.conversation_id,
				...values,
			},
		};
	});

/** Types of the frames that both connections have in the same form. */
export const sharedSent = ABOUT_NONE;
export const sharedReceived = Object.keys(ServerFrames).filter(
	(type) => !CHAT_ONLY.includes(type),
);

function documented(
	frames: Readonly<Record<string, TSchema>>,
	examples: Readonly<Record<string, unknown>>,
): Documented[] {
	return Object.entries(frames).map(([type, schema]) => ({
		type,
		schema,
		example: examples[type],
	}));
}
