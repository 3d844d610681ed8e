import type { FastifySchemaCompiler } from "fastify";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import Value from "typebox/value";
import { HttpRefusal } from "../gateway/handshake.ts";

/** Validates with the protocol's own schemas. Only a query's values, which are all text, are converted. */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({
	schema,
	httpPart,
}) => {
	const validator = Compile(schema);
	return (input) => {
		const value =
			httpPart === "querystring"
				? Value.Default(schema, Value.Convert(schema, input))
				: input;
		if (validator.Check(value)) return { value };
		const [first] = validator.Errors(value);
		const where = first?.instancePath.slice(1).replaceAll("/", ".");
		const what =
			first?.keyword === "pattern" ? "must be a UUID" : first?.message;
		const message =
			httpPart === "params"
				? `invalid ${where === "userId" ? "user_id" : "conversation_id"}`
				: `${where || httpPart} ${what}`;
		return { error: new HttpRefusal(400, message) };
	};
};
