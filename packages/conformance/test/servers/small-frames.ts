/** Frame validation of a small server, and its error answers. */
import { ClientFrames } from "@secureconnect/protocol";
import { Compile } from "typebox/compile";
import { picked } from "./small-amendments.ts";
import type { Fields } from "./small-log.ts";

export type Checked =
	| { readonly ok: true; readonly frame: Fields }
	| { readonly ok: false; readonly code: string; readonly frame?: Fields };

const MAX_DEPTH = 16;
const MAX_METADATA_BYTES = 16_384;
const CONTROL = /\p{Cc}/u;
/** Fields of commands that refer to messages. */
const REFERENCES = ["target_id", "reply_to", "thread_id"];
const schemas: Record<string, { Check(value: unknown): boolean }> = {
	chat: Compile(ClientFrames.chat),
	edit: Compile(ClientFrames.edit),
	delete: Compile(ClientFrames.delete),
	reaction: Compile(ClientFrames.reaction),
	pin: Compile(ClientFrames.pin),
	typing: Compile(ClientFrames.typing),
	read: Compile(ClientFrames.read),
	auth: Compile(ClientFrames.auth),
};

/** Validates a frame. @param v1 whether the connection may send `auth` */
export function checkFrame(text: string, v1: boolean): Checked {
	let frame: Fields;
	try {
		frame = JSON.parse(text) as Fields;
	} catch {
		return { ok: false, code: "invalid_json" };
	}
	if (typeof frame !== "object" || frame === null || Array.isArray(frame))
		return { ok: false, code: "invalid_json" };
	const type = String(frame.type);
	if (!Object.hasOwn(schemas, type) || (type === "auth" && !v1))
		return { ok: false, code: "unknown_type", frame };
	return schemas[type]?.Check(frame) && isStorable(frame)
		? { ok: true, frame }
		: { ok: false, code: "invalid_frame", frame };
}

/** Returns the fields of a command that the protocol defines, without its `client_message_id`. */
export function commandFields(frame: Fields): Fields {
	const type = frame.type as "chat";
	const command = picked(frame, Object.keys(ClientFrames[type].properties));
	delete command.client_message_id;
	for (const field of REFERENCES)
		if (field in command) command[field] = String(command[field]).toLowerCase();
	const { mentions } = command as { mentions?: { user_ids?: string[] } };
	return mentions?.user_ids
		? {
				...command,
				mentions: {
					...mentions,
					user_ids: mentions.user_ids.map((id) => id.toLowerCase()),
				},
			}
		: command;
}

function isStorable(frame: Fields): boolean {
	return (
		depth(frame) <= MAX_DEPTH &&
		Buffer.byteLength(JSON.stringify(frame.metadata ?? {})) <=
			MAX_METADATA_BYTES &&
		!CONTROL.test(String(frame.reaction ?? "")) &&
		comesBack(frame)
	);
}

function depth(value: unknown): number {
	if (typeof value !== "object" || value === null) return 0;
	return 1 + Math.max(0, ...Object.values(value).map(depth));
}

function comesBack(value: unknown): boolean {
	if (typeof value === "string")
		return value.isWellFormed() && !value.includes("\0");
	if (typeof value === "number") return Number.isFinite(value);
	if (typeof value !== "object" || value === null) return true;
	return (
		!Object.hasOwn(value, "__proto__") &&
		Object.keys(value).every(comesBack) &&
		Object.values(value).every(comesBack)
	);
}
