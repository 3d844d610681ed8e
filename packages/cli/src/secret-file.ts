import { randomBytes } from "node:crypto";
import {
	linkSync,
	mkdirSync,
	readFileSync,
	statSync,
	unlinkSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { StartupError } from "@secureconnect/server/startup-error";

const FILE = "jwt-secret";

/** Returns the path of the secret of a data directory. */
export function secretFile(directory: string): string {
	return join(directory, FILE);
}

/**
 * Reads the secret of a data directory. Returns undefined if the directory has none.
 * @throws {StartupError} if the file exists and cannot be read, or if other users can read or change it.
 */
export function readSecret(directory: string): string | undefined {
	const file = secretFile(directory);
	try {
		assertPrivate(file);
		return readFileSync(file, "utf8").trim();
	} catch (error) {
		if (error instanceof StartupError) throw error;
		const { code } = error as NodeJS.ErrnoException;
		if (code === "ENOENT" || code === "ENOTDIR") return undefined;
		throw new StartupError(
			`the secret in ${file} cannot be read (${code}): run as the user who owns it, or choose another --data`,
		);
	}
}

/**
 * Reads the secret of a data directory, or creates it with access for its owner only.
 * @throws {StartupError} if the directory cannot be written.
 */
export function readOrMakeSecret(directory: string): string {
	try {
		const kept = readSecret(directory);
		if (kept !== undefined) return kept;
		mkdirSync(directory, { recursive: true, mode: 0o700 });
		const secret = randomBytes(32).toString("base64url");
		// Linking a complete file into place is atomic: a killed server, or two that start at once, leave no partial
		// secret.
		const draft = `${secretFile(directory)}.${process.pid}`;
		writeFileSync(draft, `${secret}\n`, { mode: 0o600 });
		try {
			linkSync(draft, secretFile(directory));
		} finally {
			unlinkSync(draft);
		}
		return secret;
	} catch (error) {
		if (error instanceof StartupError) throw error;
		const { code } = error as NodeJS.ErrnoException;
		if (code === "EEXIST") {
			const kept = readSecret(directory);
			if (kept !== undefined) return kept;
		}
		throw new StartupError(
			`the data directory ${directory} cannot be used (${code}): choose another --data`,
		);
	}
}

/**
 * Checks that other users cannot read or change the secret. With read access they can sign tokens for every user; with
 * write access they can do so after the next start.
 */
function assertPrivate(file: string): void {
	// Windows has no such modes, and reports every file as writable by all users.
	if (process.platform === "win32") return;
	const stat = statSync(file);
	if (!stat.isFile())
		throw new StartupError(
			`the secret in ${file} is not a regular file: remove it; "secureconnect dev" then generates a new secret`,
		);
	const mode = stat.mode & 0o777;
	if ((mode & 0o077) !== 0)
		throw new StartupError(
			`other users can read or change the secret in ${file} (mode ${mode.toString(8).padStart(4, "0")}): run "chmod 600 ${file}", or remove it if another user may have read it`,
		);
}
