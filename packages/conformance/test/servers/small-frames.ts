/** Frame validation of a small server, and its error answers. */
import { ClientFrames } from "@secureconnect/protocol";
import { Compile } from "typebox/compile";
import type { Fields } from "./small-log.ts";

export type Checked =
	| { readonly ok: true; readonly frame: Fields }
	| { readonly ok: false; readonly code: string; readonly frame?: Fields };

const MAX_DEPTH = 16;
const MAX_METADATA_BYTES = 16_384;
const schemas: Record<string, { Check(value: unknown): boolean }> = {
	chat: Compile(ClientFrames.chat),
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

function isStorable(frame: Fields): boolean {
	return (
		depth(frame) <= MAX_DEPTH &&
		Buffer.byteLength(JSON.stringify(frame.metadata ?? {})) <=
			MAX_METADATA_BYTES &&
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
