/**
 * Writes a data directory of this version and the answers of its server. A test checks that later versions give the
 * same answers. Run it once per release that changes the schema, and never again for a published release:
 *
 *     npm run build && node scripts/write-data-fixture.ts 0.2
 *
 * creates packages/cli/test/fixtures/data-directories/0.2: `data` is the directory, `expected.json` has the answers.
 * Only ids and times are random. packages/cli/test/data-directory.process.test.ts opens all fixtures.
 */
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { SignJWT } from "jose";
import { WebSocket } from "ws";

type Json = Record<string, unknown>;

const ROOT = join(import.meta.dirname, "..");
const SECRET = "a secret for this script, of 32 bytes or more";
const ALICE = "a11ce000-0000-4000-8000-000000000001";
const BOB = "b0b00000-0000-4000-8000-000000000002";
const CAROL = "ca401000-0000-4000-8000-000000000003";
const DAVE = "da7e0000-0000-4000-8000-000000000004";
const NAMES: Record<string, string> = {
	[ALICE]: "Alice",
	[BOB]: "Bob ☕ “Žluťoučký”",
	[CAROL]: "Carol",
};
const LUNCH = "3f0c9f0e-5d1b-4a36-9d53-6f1f4a0f8f01";
const WORK = "7d7c2c1e-2f63-4a5b-9a55-0d5a0c7c1b02";
const PHONE = "de71ce00-0000-4000-8000-000000000001";
const REPEATED = {
	content: "Noon?",
	client_message_id: "0b1f3a52-9d6e-4c1a-8b7f-2f4f6d1c9e10",
	metadata: { place: { floor: 2, near: ["door", null, { x: [] }] }, n: 1e21 },
	message_type: "invitation",
};

const [name] = process.argv.slice(2);
if (name === undefined || !/^\d+\.\d+$/.test(name))
	throw new Error("give the version: node scripts/write-data-fixture.ts 0.2");
const fixture = join(ROOT, "packages/cli/test/fixtures/data-directories", name);
const data = join(fixture, "data");
// Fails if the directory exists, because a published fixture must not change.
mkdirSync(fixture);

const server = spawn(
	process.execPath,
	[
		join(ROOT, "packages/cli/bin/secureconnect.js"),
		...["serve", "--port", "0", "--data", data],
	],
	{
		env: { ...process.env, SECURECONNECT_JWT_SECRET: SECRET },
		stdio: ["ignore", "pipe", "inherit"],
	},
);
const ended = new Promise((resolve) => server.once("close", resolve));
const address = await new Promise<string>((resolve, reject) => {
	server.once("close", () => reject(new Error("the server did not start")));
	createInterface(server.stdout).on("line", (line) => {
		const { msg, port } = JSON.parse(line) as Json;
		if (msg === "serving") resolve(`127.0.0.1:${String(port)}`);
	});
});

function tokenOf(user: string): Promise<string> {
	return new SignJWT(NAMES[user] === undefined ? {} : { name: NAMES[user] })
		.setSubject(user)
		.setProtectedHeader({ alg: "HS256" })
		.setExpirationTime("1h")
		.sign(new TextEncoder().encode(SECRET));
}

async function rest(
	user: string,
	method: string,
	path: string,
	body?: unknown,
): Promise<{ status: number; body: unknown }> {
	const response = await fetch(`http://${address}${path}`, {
		method,
		headers: {
			Authorization: `Bearer ${await tokenOf(user)}`,
			...(body === undefined ? {} : { "Content-Type": "application/json" }),
		},
		...(body === undefined ? {} : { body: JSON.stringify(body) }),
	});
	const text = await response.text();
	return {
		status: response.status,
		body: text === "" ? null : (JSON.parse(text) as unknown),
	};
}

async function must(
	status: number,
	...asked: Parameters<typeof rest>
): Promise<Json> {
	const answer = await rest(...asked);
	if (answer.status !== status)
		throw new Error(`${asked.join(" ")}: ${JSON.stringify(answer)}`);
	return answer.body as Json;
}

/** Opens a connection and sends frames one after the other. Each call waits until the server has handled the frame. */
async function connected(
	user: string,
	conversation: string,
	talk: (say: (frame: Json) => Promise<Json>) => Promise<void>,
): Promise<void> {
	const ws = new WebSocket(
		`ws://${address}/v1/ws/chat?conversation_id=${conversation}`,
		{ headers: { Authorization: `Bearer ${await tokenOf(user)}` } },
	);
	const frames: Json[] = [];
	let heard: (() => void) | undefined;
	const failed = new Promise<never>((_, reject) => {
		ws.on("error", reject);
	});
	ws.on("message", (text) => {
		frames.push(JSON.parse(String(text)) as Json);
		heard?.();
	});
	const next = async (): Promise<Json> => {
		while (frames.length === 0)
			await Promise.race([
				failed,
				new Promise<void>((resolve) => {
					heard = resolve;
				}),
			]);
		return frames.shift() as Json;
	};
	await next();
	await talk(async (frame) => {
		ws.send(JSON.stringify(frame));
		if (frame.type === "chat") return next();
		// The server does not answer a watermark. It handles frames in order, so after the error for this invalid frame the
		// watermark is on disk.
		ws.send('{"type":"read","message_id":"none"}');
		return next();
	});
	const closed = new Promise((resolve) => ws.once("close", resolve));
	ws.close(1000);
	await closed;
}

await must(201, ALICE, "POST", "/v1/conversations", {
	conversation_id: LUNCH,
	title: "Lunch ☕",
	participant_ids: [BOB, CAROL],
});
await must(201, BOB, "POST", "/v1/conversations", {
	conversation_id: WORK,
	metadata: { team: { id: 7, tags: ["a", "b"] }, empty: {} },
	participant_ids: [ALICE, DAVE],
});

let first: Json = {};
await connected(ALICE, LUNCH, async (say) => {
	first = await say({ type: "chat", ...REPEATED });
	await say({ type: "chat", content: "" });
	await say({ type: "chat", content: "<b>\u0001\n\"'é 👩‍👩‍👧", metadata: {} });
});
let latest: Json = {};
await connected(BOB, LUNCH, async (say) => {
	await say({ type: "read", message_id: first.message_id });
	latest = await say({
		type: "chat",
		content: "c2VjcmV0",
		is_encrypted: true,
		client_message_id: REPEATED.client_message_id,
	});
});
await connected(CAROL, LUNCH, async (say) => {
	await say({ type: "read", message_id: latest.message_id });
	await say({ type: "chat", content: "I am out" });
});
const participants = `/v1/conversations/${LUNCH}/participants`;
await must(204, ALICE, "DELETE", `${participants}/${CAROL}`);
await must(204, ALICE, "DELETE", `${participants}/${BOB}`);
await must(200, ALICE, "POST", participants, { participant_ids: [BOB] });
await must(201, BOB, "POST", `/v1/conversations/${LUNCH}/messages`, {
	content: "back",
});
await must(201, ALICE, "POST", `/v1/conversations/${WORK}/messages`, {
	content: "One",
	metadata: { a: { b: { c: [1, 2.5, "3", true] } } },
});
// The owner leaves, so that a different participant becomes the owner.
await must(204, BOB, "DELETE", `/v1/conversations/${WORK}/participants/${BOB}`);

const inWork = `/v1/conversations/${WORK}/messages`;
const root = await must(201, ALICE, "POST", inWork, { content: "Two" });
const reply = await must(201, DAVE, "POST", inWork, {
	content: "Three",
	thread_id: root.message_id,
	reply_to: root.message_id,
	mentions: { user_ids: [ALICE] },
});
await must(201, ALICE, "PATCH", `${inWork}/${root.message_id}`, {
	content: "Two, edited",
});
for (const mark of ["reactions/👍", "pin"])
	await must(201, DAVE, "PUT", `${inWork}/${root.message_id}/${mark}`);
const wrong = await must(201, DAVE, "POST", inWork, { content: "wrong" });
await must(201, DAVE, "DELETE", `${inWork}/${wrong.message_id}`);
await must(201, DAVE, "PUT", `${inWork}/${reply.message_id}/reactions/👍`);
await must(200, ALICE, "PATCH", `/v1/conversations/${WORK}`, { title: "Work" });
await must(201, BOB, "POST", "/v1/conversations", { direct: ALICE });
await must(200, ALICE, "PUT", `/v1/conversations/${LUNCH}/me`, {
	favourite: true,
});

await must(204, CAROL, "PUT", `/v1/blocks/${DAVE}`);

/** Device of Bob that has received and proved every entry. */
const device = new WebSocket(
	`ws://${address}/v1/ws/chat?${new URLSearchParams({ conversation_id: LUNCH, device_id: PHONE, after_seq: "0" })}`,
	{ headers: { Authorization: `Bearer ${await tokenOf(BOB)}` } },
);
for (;;) {
	const { receipts } = await must(
		200,
		BOB,
		"GET",
		`/v1/conversations/${LUNCH}/receipts`,
	);
	if (JSON.stringify(receipts).includes("delivered")) break;
}
const gone = new Promise((resolve) => device.once("close", resolve));
device.close(1000);
await gone;

const asks: Json[] = [];
for (const user of [ALICE, BOB, CAROL, DAVE])
	for (const path of [
		"/v1/conversations",
		"/v1/blocks",
		...[LUNCH, WORK].flatMap((id) =>
			[
				"",
				"/messages?after_seq=0&limit=100",
				"/messages?view=timeline",
				"/pins",
				"/receipts",
				"/presence",
			].map((rest) => `/v1/conversations/${id}${rest}`),
		),
	])
		asks.push({ user, path, ...(await rest(user, "GET", path)) });

server.kill("SIGTERM");
await ended;
const files = readdirSync(data).sort();
if (files.join(" ") !== "lock.db messages.db")
	throw new Error(
		`the server did not stop cleanly, the directory has: ${files.join(" ")}`,
	);
const USER_VERSION_AT = 60;
const schema = readFileSync(join(data, "messages.db")).readUInt32BE(
	USER_VERSION_AT,
);
writeFileSync(
	join(fixture, "expected.json"),
	`${JSON.stringify(
		{
			schema,
			reader: { user: ALICE, conversation_id: LUNCH },
			repeated: {
				sent: REPEATED,
				message_id: first.message_id,
				seq: first.seq,
			},
			asks,
		},
		null,
		"\t",
	)}\n`,
);
console.log(`wrote ${fixture}, schema ${schema}`);
