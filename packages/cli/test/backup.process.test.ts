import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import {
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	rmSync,
	statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { SqliteLog } from "../../server/src/log/sqlite/sqlite-log.ts";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { LoadedRoom, load } from "./support/backup-load.ts";
import {
	type Exit,
	type Program,
	runToEnd,
	SECURECONNECT,
	start,
} from "./support/program.ts";
import {
	connect,
	history,
	rest,
	type ServerProcess,
	startDev,
	startServe,
} from "./support/server-process.ts";

const PARTIAL = "messages.db.partial";

/** Flushing tens of MiB takes long on a disk that other processes use too. */
const LONGEST_MS = 40_000;
const MIB = 1024 ** 2;
const SIZE_MIB = 32;
/** Directories of the tests: `long` has a log that takes long to copy, `backupOfLong` its backup. */
let root = "";
let long = "";
let backupOfLong = "";

beforeAll(async () => {
	root = mkdtempSync(join(tmpdir(), "secureconnect-"));
	long = join(root, "data");
	const log = await SqliteLog.open(long);
	const [conversationId, userId] = [randomUUID(), randomUUID()];
	await log.append([
		{
			kind: "join",
			conversationId,
			userId,
			timestamp: 0,
			maxParticipants: 2,
		},
		...Array.from(
			{ length: SIZE_MIB },
			(_, n) =>
				({
					kind: "message",
					conversationId,
					senderId: userId,
					messageId: randomUUID(),
					timestamp: n,
					clientMessageId: null,
					body: JSON.stringify({ content: "x".repeat(MIB) }),
				}) as const,
		),
	]);
	await log.close();
	backupOfLong = join(root, "backup");
	await ran("backup", backupOfLong, "--data", long);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Runs a command that must succeed. Returns its output. */
async function ran(...args: string[]): Promise<string> {
	const { code, stdout, stderr } = await runToEnd(args, {}, LONGEST_MS);
	expect({ code, stderr }, `${args.join(" ")}: ${stdout}`).toEqual({
		code: 0,
		stderr: "",
	});
	return stdout;
}

/** Runs a command that must fail. Returns its error line. */
async function refused(code: number, ...args: string[]): Promise<string> {
	const { stderr, stdout, ...ended } = await runToEnd(args, {
		SECURECONNECT_JWT_SECRET: "x".repeat(32),
	});
	expect(ended, stderr).toEqual({ code });
	expect(stderr).toMatch(/^secureconnect: .+\n$/);
	expect(stdout).toBe("");
	return stderr;
}

async function stopped({ program }: ServerProcess): Promise<void> {
	program.kill("SIGTERM");
	expect(await program.ending()).toMatchObject({ code: 0 });
}

test("[GA-1] [GA-4] [OR-3] a backup taken under load has every message acknowledged before it began, and a server runs on it", async () => {
	const elsewhere = temporaryDirectory();
	const [data, backup, restored] = ["source", "backup", "data"].map((it) =>
		join(elsewhere, it),
	);
	if (!data || !backup || !restored) throw new Error("no names");
	// The load lasts long enough for many commits during the backup.
	cpSync(long, data, { recursive: true });
	const server = await startServe(data);
	const rooms = [1, 2, 3].map((i) => new LoadedRoom(i));
	for (const room of rooms) await room.open(server);
	const busy = load(server, rooms);
	await busy.goesOn(500);

	const before = rooms.map((room) => ({
		acknowledged: room.acknowledged,
		seen: [...room.receiver.seen],
	}));
	await ran("backup", backup, "--data", data);
	await busy.goesOn(100);
	expect(await ran("verify", "--data", data)).toContain("Everything is as");
	await busy.stop();

	expect(await ran("verify", backup)).toContain("Everything is as");
	expect(await ran("restore", backup, "--data", restored)).toMatch(
		/^restored [\d,]+ entries of 4 conversations /,
	);
	expect(await ran("verify", restored)).toContain("Everything is as");
	const copy = await startServe(restored);
	let missing = 0;
	for (const [i, room] of rooms.entries()) {
		expect(room.receiver.complaints).toEqual([]);
		const [truth, kept] = [await room.stored(server), await room.stored(copy)];
		expect(kept.map(({ seq }) => seq)).toEqual(kept.map((_, n) => n + 1));
		expect(kept, "a beginning of the history").toEqual(
			truth.slice(0, kept.length),
		);
		const { acknowledged, seen } = before[i] ?? { acknowledged: [], seen: [] };
		expect(acknowledged.length).toBeGreaterThan(50);
		const contents = new Set(kept.map(({ content }) => content));
		expect(acknowledged.filter((it) => !contents.has(it))).toEqual([]);
		for (const message of seen)
			expect(kept[message.seq - 1]).toMatchObject(message);
		missing += truth.length - kept.length;

		const bearer = room.bearers.get(room.sender) ?? "";
		const path = `/v1/conversations/${room.id}`;
		const receipts = await rest(copy, "GET", `${path}/receipts`, bearer);
		// The sender has one too, because writing advances the writer's watermark.
		const receipt = (
			receipts.body as {
				receipts: { user_id: string; read: Record<string, unknown> }[];
			}
		).receipts.find(({ user_id }) => user_id === room.reader);
		expect(kept[Number(receipt?.read.seq) - 1]).toMatchObject(
			receipt?.read ?? {},
		);
		const added = await rest(copy, "POST", `${path}/messages`, bearer, {
			content: "and on",
		});
		expect(added.body).toMatchObject({ seq: kept.length + 1 });
		const old = kept.find((it) => it.client_message_id !== undefined);
		const client = await connect(copy, room.id, room.sender);
		client.send({
			type: "chat",
			content: old?.content,
			client_message_id: old?.client_message_id,
		});
		expect(await client.next("ack")).toMatchObject({
			message_id: old?.message_id,
			seq: old?.seq,
			timestamp: old?.timestamp,
		});
	}
	expect(missing, "nothing was said after the backup began").toBeGreaterThan(0);
	await stopped(copy);
	expect(await ran("verify", restored)).toContain("Everything is as");
});

test("a backup after kill -9 has every acknowledged message, whichever command reads the directory first", async () => {
	const data = temporaryDirectory();
	const server = await startServe(data);
	const room = new LoadedRoom(1);
	await room.open(server);
	const busy = load(server, [room]);
	await busy.goesOn(50);
	const { acknowledged } = room;
	await server.program.killHard();
	expect(readdirSync(data)).toContain("messages.db-wal");

	const elsewhere = temporaryDirectory();
	await ran("backup", join(elsewhere, "backup"), "--data", data);
	await ran(
		...["restore", join(elsewhere, "backup")],
		...["--data", join(elsewhere, "data")],
	);
	const copy = await startServe(join(elsewhere, "data"));
	const contents = (await room.stored(copy)).map(({ content }) => content);
	expect(contents).toEqual(expect.arrayContaining(acknowledged));
});

test("a backup is a directory that only its owner can read and sha256sum can check; an empty target is accepted", async () => {
	const data = temporaryDirectory();
	await startServe(data);
	const backup = temporaryDirectory();
	await ran("backup", backup, "--data", data);
	expect(readdirSync(backup).sort()).toEqual(["SHA256SUMS", "messages.db"]);
	for (const file of readdirSync(backup))
		expect(statSync(join(backup, file)).mode & 0o777).toBe(0o600);
	const made = join(temporaryDirectory(), "new", "backup");
	await ran("backup", made, "--data", data);
	expect(statSync(made).mode & 0o777).toBe(0o700);
	expect(
		execFileSync("sha256sum", ["--check", "SHA256SUMS"], {
			cwd: made,
		}).toString(),
	).toBe("messages.db: OK\n");
	// Commands that only read do not change it.
	await ran("verify", made);
	expect(readdirSync(made).sort()).toEqual(["SHA256SUMS", "messages.db"]);
});

test("backup leaves out the secret of dev and says so; dev generates a new secret and shows the same messages", async () => {
	const elsewhere = temporaryDirectory();
	const dev = await startDev(join(elsewhere, "dev"));
	const { conversationId, users } = dev;
	const path = `/v1/conversations/${conversationId}/messages`;
	const [{ token }] = users;
	const client = await connect(dev, conversationId, "-", { bearer: token });
	client.send({ type: "chat", content: "Hello" });
	await client.next("chat");
	const { code, stderr } = await runToEnd([
		...["backup", join(elsewhere, "backup"), "--data", join(elsewhere, "dev")],
	]);
	expect(code).toBe(0);
	expect(stderr).toMatch(
		/^secureconnect: the secret in .*jwt-secret is not in the backup/,
	);
	expect(existsSync(join(elsewhere, "backup/jwt-secret"))).toBe(false);

	await ran(
		...["restore", join(elsewhere, "backup")],
		...["--data", join(elsewhere, "restored")],
	);
	const again = await startDev(join(elsewhere, "restored"));
	expect((await rest(again, "GET", path, token)).status).toBe(401);
	expect(
		await history(again, conversationId, again.users[0].token),
	).toMatchObject([{ content: "Hello", seq: 1 }]);
});

test("restore refuses a directory in use by a server, and does not change it", async () => {
	const data = temporaryDirectory();
	const server = await startServe(data);
	const backup = join(temporaryDirectory(), "backup");
	await ran("backup", backup, "--data", data);
	const before = readdirSync(data).sort();
	expect(await refused(1, "restore", backup, "--data", data)).toContain(
		`another SecureConnect server (process ${server.program.pid}) uses the data directory ${data}: stop it`,
	);
	expect(readdirSync(data).sort()).toEqual(before);
	await stopped(server);
	expect(await refused(1, "restore", backup, "--data", data)).toContain(
		`${data} is not empty: choose a directory that is empty or does not exist`,
	);
});

test("verify ends with 1 and reports the damaged conversation and the damage, also as JSON", async () => {
	const data = temporaryDirectory();
	const server = await startServe(data);
	const room = new LoadedRoom(1);
	await room.open(server);
	const busy = load(server, [room]);
	await busy.goesOn(10);
	await busy.stop();
	await stopped(server);
	const db = new DatabaseSync(join(data, "messages.db"));
	db.exec("DELETE FROM entries WHERE seq = 3");
	db.close();

	const report = await runToEnd(["verify", data]);
	expect(report).toMatchObject({ code: 1, stderr: "" });
	expect(report.stdout).toContain(
		`conversation ${room.id}: seq 3 is missing\n`,
	);
	expect(report.stdout).toContain("It is damaged");
	const { stdout, ...ended } = await runToEnd(["verify", data, "--json"]);
	expect(ended).toEqual({ code: 1, stderr: "" });
	const { checks, ...rest } = JSON.parse(stdout) as {
		checks: Record<string, unknown>[];
	};
	expect(rest).toEqual({
		directory: data,
		kind: "data directory",
		whole: false,
	});
	expect(checks).toContainEqual({
		name: "seq and heads",
		looked: expect.any(Number),
		unit: "entries",
		damage: [{ conversation_id: room.id, what: "seq 3 is missing" }],
		more: 0,
	});
});

describe("interrupted", () => {
	/** Ends a command with a signal when its unfinished file has a given size. Tries again if the command was faster. */
	async function cut(
		signal: NodeJS.Signals,
		bytes: number,
		command: (target: string) => readonly string[],
	): Promise<{ target: string; program: Program; exit: Exit }> {
		for (let i = 0; i < 10; i++) {
			const target = join(root, randomUUID());
			const program = start(process.execPath, [
				SECURECONNECT,
				...command(target),
			]);
			await vi.waitFor(
				() => {
					const file = join(target, PARTIAL);
					const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
					if (size < bytes && program.isRunning) throw new Error(`${size}`);
				},
				{ timeout: LONGEST_MS, interval: 1 },
			);
			program.kill(signal);
			const exit = await program.ending(LONGEST_MS);
			if (!existsSync(join(target, "messages.db")))
				return { target, program, exit };
			rmSync(target, { recursive: true });
		}
		throw new Error("it was always done before it could be cut");
	}

	test.for([1, (SIZE_MIB * MIB) / 2, SIZE_MIB * MIB])(
		"kill -9 of a backup at %i bytes leaves a directory that every command refuses",
		async (bytes) => {
			const { target } = await cut("SIGKILL", bytes, (it) => [
				...["backup", it, "--data", long],
			]);
			expect(readdirSync(target)).toContain(PARTIAL);
			expect(readdirSync(target)).not.toContain("messages.db");
			const into = join(root, "into");
			const before = readdirSync(target).sort();
			const lines = await Promise.all([
				refused(1, "restore", target, "--data", into),
				refused(2, "verify", target),
				refused(1, "serve", "--port", "0", "--data", target),
				refused(1, "backup", target, "--data", long),
				refused(1, "backup", join(root, "other"), "--data", target),
			]);
			for (const line of lines)
				expect(line).toContain(`${target} contains an incomplete copy from`);
			expect(readdirSync(target).sort()).toEqual(before);
			expect(existsSync(into)).toBe(false);
		},
	);

	test("after kill -9 of a restore, servers and restores refuse the directory until it is removed", async () => {
		const { target } = await cut("SIGKILL", MIB, (it) => [
			...["restore", backupOfLong, "--data", it],
		]);
		expect(readdirSync(target)).toEqual([PARTIAL]);
		for (const args of [
			["serve", "--port", "0", "--data", target],
			["restore", backupOfLong, "--data", target],
		])
			expect(await refused(1, ...args)).toContain("interrupted");
		rmSync(target, { recursive: true });
		await ran("restore", backupOfLong, "--data", target);
		await ran("verify", target);
	});

	test.for(["SIGTERM", "SIGINT"] as const)(
		"%s removes the partial result",
		async (signal) => {
			for (const command of ["backup", "restore"]) {
				const { target, program, exit } = await cut(signal, MIB, (it) =>
					command === "backup"
						? ["backup", it, "--data", long]
						: ["restore", backupOfLong, "--data", it],
				);
				expect(exit).toEqual({ code: 1, signal: null });
				expect(program.stderr).toBe(
					`secureconnect: ${command} interrupted: it removed everything that it had written\n`,
				);
				expect(existsSync(target)).toBe(false);
			}
		},
	);

	test("on a full disk the command ends with one line and removes its result; an existing directory stays", async () => {
		const target = temporaryDirectory();
		mkdirSync(join(target, "there"));
		for (const [name, left] of [
			["made/deep", false],
			["there", true],
		] as const)
			for (const args of [
				`backup ${join(target, name)} --data ${long}`,
				`restore ${backupOfLong} --data ${join(target, name)}`,
			]) {
				// With a limit of 8 MiB per file, a longer write fails as on a full disk.
				const program = start("bash", [
					"-c",
					`ulimit -f 8192; exec "$0" "$1" ${args}`,
					process.execPath,
					SECURECONNECT,
				]);
				expect(await program.ending()).toMatchObject({ code: 1 });
				expect(program.stderr).toMatch(
					/^secureconnect: .* could not be written \(.*\): the incomplete copy was removed; .*\n$/,
				);
				expect(existsSync(join(target, name))).toBe(left);
				if (left) expect(readdirSync(join(target, name))).toEqual([]);
				expect(readdirSync(target)).toEqual(["there"]);
			}
	});
});
