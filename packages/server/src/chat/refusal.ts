import type { ProtocolError } from "@secureconnect/protocol";

/** Error of a command that was refused and changed nothing. */
export class Refusal extends Error {
	override readonly name = "Refusal";
	readonly error: ProtocolError;

	constructor(error: ProtocolError) {
		super(error.message);
		this.error = error;
	}
}
