/** The only module that knows both the wire's snake_case and the program's camelCase. */
import type {
	ClientFrame,
	EntryType,
	ServerFrame,
	WireServerFrame,
} from "@secureconnect/protocol";
import { fromWire, wireKey, withKeys } from "@secureconnect/protocol/wire";
import { FRAME_SHAPES, type Shape } from "./frame-shapes.ts";
import { UUID } from "./uuid.ts";

/** A frame that the application does not receive. */
type Unread = {
	/** The violation of the protocol; undefined if only the type is unknown to this version. */
	readonly why?: string;
	/** The `seq`, if readable: the entry takes its place in the order even if the rest is invalid. */
	readonly seq?: number | undefined;
};

/** Frame of an entry. Of an entry without a shape, a session reads only its place in the order. */
export type EntryFrame = Extract<ServerFrame, { type: EntryType }>;
export type FrameShapes = Readonly<
	Record<string, { readonly [field: string]: Shape }>
>;

export type Read =
	| { readonly frame: ServerFrame; readonly wire: WireServerFrame }
	| Unread;

/** Parses a frame's text; undefined if it is not JSON. Never throws. */
export function parseFrame(text: string | undefined): unknown {
	try {
		return JSON.parse(text ?? "");
	} catch {
		return undefined;
	}
}

/**
 * Reads a server's frame. Never throws.
 * @param value the parsed frame
 * @param seed whether the server implements only the original protocol document, whose messages have no `seq`
 * @param shapes known types; of an entry with any other type, only its place is read
 */
export function readFrame(
	value: unknown,
	seed: boolean,
	shapes: FrameShapes = FRAME_SHAPES,
): Read {
	if (value === undefined) return { why: "not JSON" };
	if (!isObject(value) || typeof value.type !== "string")
		return { why: "no type" };
	const { type, seq } = value;
	const place = Number.isSafeInteger(seq) ? (seq as number) : undefined;
	if (!Object.hasOwn(shapes, type)) return { seq: place };
	const wrong = Object.entries(shapes[type] ?? {}).find(
		([field, shape]) =>
			!hasField(value, field, shape) &&
			!(seed && field === "seq" && seq === undefined),
	);
	if (wrong) return { why: `${type}: ${wrong[0]}`, seq: place };
	const wire = value as unknown as WireServerFrame;
	return { frame: fromWire(wire) as ServerFrame, wire };
}

/** Adds the time of an entry as a number, under the name that it has in a pending message. */
export function withCreatedAt<T extends { readonly timestamp: string }>(
	entry: T,
): T & { readonly createdAt: number } {
	return { ...entry, createdAt: Date.parse(entry.timestamp) };
}

/** Converts a frame to its wire form. */
export function writeFrame(frame: ClientFrame): string {
	return JSON.stringify(withKeys(frame, wireKey));
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hasField(
	fields: Record<string, unknown>,
	name: string,
	shape: Shape,
): boolean {
	const optional = name.endsWith("?");
	const value = fields[optional ? name.slice(0, -1) : name];
	return (optional && value === undefined) || hasShape(value, shape);
}

/** Returns whether a value has a shape. */
export function hasShape(value: unknown, shape: Shape): boolean {
	switch (shape) {
		case "uuid":
			return typeof value === "string" && UUID.test(value);
		case "integer":
			return Number.isSafeInteger(value);
		case "object":
			return isObject(value);
	}
	if (typeof shape === "string") return typeof value === shape;
	if (Array.isArray(shape)) {
		const [of] = shape as readonly [Shape];
		return Array.isArray(value) && value.every((item) => hasShape(item, of));
	}
	return (
		isObject(value) &&
		Object.entries(shape).every(([field, of]) => hasField(value, field, of))
	);
}
