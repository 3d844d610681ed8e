/** Setup and REST requests that the checks of messages and conversations share. */
import { randomUUID } from "node:crypto";
import type { TSchema } from "typebox";
import { expectValid } from "../shape.ts";
import type { Frame } from "../test-client.ts";
import type { RestAnswer, Trial, User } from "../trial.ts";
import { expect, Failed } from "../verdict.ts";

const ADMIN_SECONDS = 120;

/** Checks the status and the shape of an answer. @throws {Failed} */
export function expectShape(
	{ status, body, text }: RestAnswer,
	expected: number,
	schema: TSchema,
): void {
	expect(status === expected, `the status ${expected}`, `${status} ${text}`);
	expectValid(body, schema, "a body");
}

/** Returns the body of a successful GET of a path below a conversation. @throws {Failed} */
export async function read(
	t: Trial,
	user: User,
	room: string,
	path: string,
): Promise<Frame> {
	const answer = await t.rest("GET", `/conversations/${room}${path}`, user);
	const { status, text, body } = answer;
	expect(status === 200, `200 for GET ${path}`, `${status} ${text}`);
	return (body ?? {}) as Frame;
}

/** Returns the messages of a page. */
export async function messages(
	...request: Parameters<typeof read>
): Promise<Frame[]> {
	return ((await read(...request)).messages ?? []) as Frame[];
}

/** Returns the user's conversations, in the order of the list. @throws {Failed} */
export async function list(t: Trial, user: User): Promise<Frame[]> {
	const { body } = await t.rest("GET", "/conversations", user);
	return ((body as Frame | undefined)?.conversations ?? []) as Frame[];
}

/** Returns a conversation in the user's list. @throws {Failed} if it is not there */
export async function row(t: Trial, user: User, room: string): Promise<Frame> {
	const rows = await list(t, user);
	const found = rows.find(({ conversation_id }) => conversation_id === room);
	if (!found) throw new Failed("the conversation in its user's list", rows);
	return found;
}

/** Creates a user whose token has the scope `admin`. @throws {Skipped} if the token source cannot create it */
export async function admin(t: Trial): Promise<User> {
	const userId = randomUUID();
	const token = await t.target.tokens.sign({
		sub: userId,
		scope: "admin",
		exp: Math.floor(Date.now() / 1000) + ADMIN_SECONDS,
	});
	return { userId, token };
}

/** Gives a participant a role. @throws {Failed} */
export async function assign(
	t: Trial,
	room: string,
	by: User,
	user: User,
	role: string,
): Promise<void> {
	const path = `/conversations/${room}/participants/${user.userId}`;
	const { status, text } = await t.rest("PATCH", path, by, { role });
	expect(status === 200, `200 for the role ${role}`, `${status} ${text}`);
}

/** Closes a conversation, or opens it. @throws {Failed} */
export async function setClosed(
	t: Trial,
	room: string,
	by: User,
	closed: boolean,
): Promise<void> {
	const answer = await t.rest("PATCH", `/conversations/${room}`, by, {
		closed,
	});
	const { status, text } = answer;
	expect(status === 200, `200 for closed ${closed}`, `${status} ${text}`);
}

/** Creates a conversation with its owner's connection. */
export async function owned(t: Trial) {
	const alice = await t.user();
	const room = await t.room(alice);
	return { alice, room, a: await t.connect(alice, room) };
}
