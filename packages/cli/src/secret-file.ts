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

/** Where the secret of a data directory is kept, if it has one. */
export function secretFile(directory: string): string {
	return join(directory, FILE);
}

/**
 * The secret kept in a data directory; undefined if there is none.
 * @throws {StartupError} if it is there and cannot be read, or others than its owner can read or change it.
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
 * The secret kept in a data directory, made on first use; only its owner may read it.
 * @throws {StartupError} if the directory cannot be written.
 */
export function readOrMakeSecret(directory: string): string {
	try {
		const kept = readSecret(directory);
		if (kept !== undefined) return kept;
		mkdirSync(directory, { recursive: true, mode: 0o700 });
		const secret = randomBytes(32).toString("base64url");
		// Linked into place whole: a server that is killed here, or two started at once, leave no half of one.
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

/** Whoever reads the secret can sign tokens for anybody; whoever changes it can do that after the next start. */
function assertPrivate(file: string): void {
	// Windows has no such modes, and reports one that everybody may write.
	if (process.platform === "win32") return;
	const stat = statSync(file);
	if (!stat.isFile())
		throw new StartupError(
			`the secret in ${file} is not a regular file: remove it, and a new secret is made`,
		);
	const mode = stat.mode & 0o777;
	if ((mode & 0o077) !== 0)
		throw new StartupError(
			`other users can read or change the secret in ${file} (mode ${mode.toString(8).padStart(4, "0")}): run "chmod 600 ${file}", or remove it if somebody may have read it`,
		);
}
