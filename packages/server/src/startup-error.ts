/**
 * Error that prevents the start of the server, in one line that says how to fix it. Users see it without a stack trace.
 */
export class StartupError extends Error {
	override readonly name = "StartupError";
}
