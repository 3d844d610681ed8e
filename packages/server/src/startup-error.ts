/** Why the server cannot start, in one line that says how to mend it. Shown to a person without a stack. */
export class StartupError extends Error {
	override readonly name = "StartupError";
}
