import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { expect } from "vitest";

/** Fails with every way in which a value is not of a schema's shape. */
export function expectShape(schema: TSchema, value: unknown): void {
	expect([...Compile(schema).Errors(value)]).toEqual([]);
}
