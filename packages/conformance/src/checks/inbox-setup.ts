/** Setup and comparisons that the checks of the inbox share. */
import type { InboxClient } from "../inbox-client.ts";
import type { Frame, TestClient } from "../test-client.ts";
import type { Target, Trial, User } from "../trial.ts";
import { expectSame, isSame } from "../verdict.ts";

/** Subscriptions that a connection may have. */
export const MOST = 200;
const PAGE = 100;

/** Conversations in a row of the list, as the suite compares them: without the metadata that only REST shows. */
function listed({ metadata: _, ...row }: Frame): Frame {
	return row;
}

/** Returns the user's conversations with the most recent activity, as REST lists them. */
export async function restRows(t: Trial, user: User): Promise<Frame[]> {
	const path = `/conversations?limit=${PAGE}`;
	const { body } = await t.rest("GET", path, user);
	const { conversations = [] } = (body ?? {}) as { conversations?: Frame[] };
	return conversations.map(listed);
}

/** Returns a conversation in the user's list of REST. */
export async function restRow(
	t: Trial,
	user: User,
	room: string,
): Promise<Frame | undefined> {
	const rows = await restRows(t, user);
	return rows.find(({ conversation_id }) => conversation_id === room);
}

/** Waits until a row of the list fulfils a condition. @throws {Failed} */
export async function untilRow(
	peer: InboxClient,
	room: string,
	what: string,
	holds: (row: Frame) => boolean,
): Promise<Frame> {
	await peer.until(`a row of the list with ${what}`, () => {
		const row = peer.row(room);
		return row !== undefined && holds(row);
	});
	return peer.row(room) ?? {};
}

/** Waits until the list equals that of REST, which no request changes any more. @throws {Failed} */
export async function expectRestList(
	t: Trial,
	peer: InboxClient,
	user: User,
): Promise<void> {
	const expected = byId(await restRows(t, user));
	const isEqual = (): boolean =>
		isSame(byId([...peer.rows().values()]), expected);
	try {
		await peer.until("the list of REST", isEqual);
	} catch {
		expectSame(byId([...peer.rows().values()]), expected, "the list of REST");
	}
}

function byId(rows: readonly Frame[]): Frame {
	return Object.fromEntries(
		rows.map((row) => [String(row.conversation_id), row]),
	);
}

/** Creates a conversation of two users: a chat connection of the first, and the second's inbox. */
export async function watched(t: Trial): Promise<{
	a: TestClient;
	inbox: InboxClient;
	alice: User;
	bob: User;
	room: string;
}> {
	const [alice, bob] = [await t.user(), await t.user()];
	const room = await t.room(alice, bob);
	const a = await t.connect(alice, room);
	return { a, inbox: await t.inbox(bob), alice, bob, room };
}

const crowded = new WeakMap<
	Target,
	Promise<{ user: User; rooms: readonly string[] }>
>();

/**
 * Returns a user with more conversations than a connection may have subscriptions. They are created once for all
 * checks, because they take hundreds of requests. The checks change none of them.
 */
export function manyRooms(
	t: Trial,
): Promise<{ user: User; rooms: readonly string[] }> {
	const known = crowded.get(t.target);
	if (known) return known;
	const made = create(t);
	crowded.set(t.target, made);
	return made;
}

async function create(t: Trial) {
	const user = await t.user();
	const rooms: string[] = [];
	for (let i = 0; i <= MOST; i++) rooms.push(await t.room(user));
	return { user, rooms };
}

/** Returns the ids of entries. */
export function idsOf(frames: readonly Frame[]): unknown[] {
	return frames
		.filter(({ seq, type }) => typeof seq === "number" && type !== "ack")
		.map(({ message_id }) => message_id);
}
