import type { TSchema } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import { expect } from "./verdict.ts";

/** Compiled once for each schema, because the checks validate hundreds of frames and answers. */
const validators = new WeakMap<TSchema, Validator>();

/** Checks the shape of a frame or a body. @param what names it @throws {Failed} */
export function expectValid(
	value: unknown,
	schema: TSchema,
	what: string,
): void {
	const validator = validators.get(schema) ?? Compile(schema);
	validators.set(schema, validator);
	const [wrong] = validator.Errors(value);
	expect(
		wrong === undefined,
		`${what} of the specified shape (${wrong?.instancePath} ${wrong?.message})`,
		value,
	);
}
