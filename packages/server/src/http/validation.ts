import type { FastifySchemaCompiler } from "fastify";
import Type, { type TSchema } from "typebox";
import { Compile } from "typebox/compile";
import type { TLocalizedValidationError } from "typebox/error";
import Value from "typebox/value";
import { HttpRefusal } from "../http-refusal.ts";

/**
 * Compiles validators from the protocol's own schemas. Converts only the values of a query, which all arrive as text.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({
	schema,
	httpPart,
}) => {
	const validator = Compile(schema);
	return (input) => {
		const value =
			httpPart === "querystring"
				? Value.Default(schema, withIntegers(schema, input))
				: input;
		if (validator.Check(value)) return { value };
		const tooLong = whyTooLong(schema, value);
		if (tooLong) return { error: new HttpRefusal(400, tooLong) };
		const [first] = validator.Errors(value);
		const where = first?.instancePath.slice(1).replaceAll("/", ".");
		const what = first && whatIsWrong(first);
		const message =
			httpPart === "params"
				? `invalid ${where?.replace("Id", "_id") || "conversation_id"}`
				: `${where || httpPart} ${what}`;
		return { error: new HttpRefusal(400, message) };
	};
};

function whatIsWrong({
	keyword,
	params,
	message,
}: TLocalizedValidationError): string {
	if (keyword === "pattern") return "must be a UUID";
	return keyword === "enum"
		? `must be one of ${params.allowedValues.join(", ")}`
		: message;
}

/**
 * Converts the integers of a query, which consist of decimal digits only. Other text stays text and fails its check.
 */
function withIntegers(schema: TSchema, input: unknown): unknown {
	if (!Type.IsObject(schema)) return input;
	const query: Record<string, unknown> = { ...(input as object) };
	for (const [name, property] of Object.entries(schema.properties)) {
		const given = query[name];
		if (!Type.IsInteger(property) || typeof given !== "string") continue;
		const value = Number(given);
		if (/^\d+$/.test(given) && Number.isSafeInteger(value)) query[name] = value;
	}
	return query;
}

/** Finds a list that is too long. The validator would check every item and create an error for each. */
function whyTooLong(schema: TSchema, value: unknown): string | undefined {
	if (!Type.IsObject(schema) || typeof value !== "object" || value === null)
		return undefined;
	for (const [name, given] of Object.entries(value)) {
		const property = schema.properties[name];
		if (!Array.isArray(given) || !property || !Type.IsArray(property)) continue;
		const { maxItems } = property as { maxItems?: number };
		if (maxItems !== undefined && given.length > maxItems)
			return `${name} must not have more than ${maxItems} items`;
	}
	return undefined;
}
