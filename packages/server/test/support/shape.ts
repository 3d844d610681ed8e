import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { expect } from "vitest";

/** Fails with all violations if a value does not match a schema. */
export function expectShape(schema: TSchema, value: unknown): void {
	expect([...Compile(schema).Errors(value)]).toEqual([]);
}
