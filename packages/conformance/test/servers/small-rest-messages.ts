/** The REST API of a small server: messages, threads, pins and amendments. */
import { Refused } from "./small-door.ts";
import { checkFrame } from "./small-frames.ts";
import type { Entry, Fields } from "./small-log.ts";
import type { Answer, Request } from "./small-rest.ts";

/** Entries of a page, their form, and the page's own fields. */
interface View {
	readonly entries: readonly Entry[];
	readonly inOrder: (page: Entry[]) => Entry[];
	readonly shown: (entry: Entry) => Fields;
	readonly fields: Fields;
}

const STATUSES: Record<string, number> = {
	unknown_message: 404,
	message_deleted: 410,
	forbidden: 403,
	read_only: 403,
	version_conflict: 409,
	limit_reached: 409,
	client_message_id_conflict: 409,
};

/** Answers a request below `/messages` or `/pins`. @param path parts of the path after that */
export function messagesAnswer(
	route: string,
	path: readonly string[],
	request: Request,
): Answer {
	const [id, kind, name] = path;
	if (id === undefined)
		return route === "POST messages"
			? send(request, { ...(request.body as Fields), type: "chat" })
			: page(request);
	const target = { target_id: id };
	const on = route.startsWith("PUT");
	switch (kind ?? route) {
		case "GET messages":
			return one(request, id.toLowerCase());
		case "PATCH messages":
			return send(request, {
				...(request.body as Fields),
				...target,
				type: "edit",
			});
		case "DELETE messages":
			return send(request, { ...query(request), ...target, type: "delete" });
		case "pin":
			return send(request, { ...query(request), ...target, on, type: "pin" });
		case "reactions":
			return send(request, {
				...query(request),
				...target,
				reaction: name,
				on,
				type: "reaction",
			});
		default:
			throw new Refused(404, "not found");
	}
}

/** Chooses the view that a request asks for. */
function viewOf({
	server,
	conversation,
	identity,
	url,
}: Omit<Request, "body">): View {
	const { amendments, folds } = server;
	const { searchParams, pathname } = url;
	const thread = searchParams.get("thread_id")?.toLowerCase();
	const pins = pathname.endsWith("/pins");
	if (!pins && thread === undefined && searchParams.get("view") !== "timeline")
		return {
			entries: conversation.entries,
			inOrder: (entries) => server.pageOrder(entries),
			shown: (entry) => amendments.shown(conversation, entry),
			fields: {},
		};
	if (thread !== undefined && !conversation.message(thread))
		throw new Refused(404, "unknown message");
	const entries = pins
		? folds.pins(conversation)
		: thread === undefined
			? conversation.entries.filter((entry) => folds.isInTimeline(entry))
			: folds.replies(conversation, thread);
	return {
		entries,
		inOrder: (page) => page,
		shown: (entry) => folds.folded(conversation, entry, identity.userId),
		fields: { as_of_seq: conversation.head },
	};
}

function page({ server, conversation, identity, url }: Request): Answer {
	const view = viewOf({ server, conversation, identity, url });
	const limit = limitOf(url);
	const given = ["before", "after", "before_seq", "after_seq"].filter((name) =>
		url.searchParams.has(name),
	);
	if (given.length > 1) throw new Refused(400, "more than one cursor");
	const [name] = given;
	const value = name === undefined ? "" : String(url.searchParams.get(name));
	const seq =
		name === undefined
			? Number.POSITIVE_INFINITY
			: name.endsWith("_seq")
				? Number(value)
				: conversation.find(value)?.seq;
	if (seq === undefined) throw new Refused(404, "unknown cursor");
	const forward = name?.startsWith("after") === true;
	const all = view.entries.filter((entry) =>
		forward ? entry.seq > seq : entry.seq < seq,
	);
	const messages = forward ? all.slice(0, limit) : all.slice(-limit);
	const edge = messages.at(forward ? -1 : 0);
	return {
		status: 200,
		body: {
			messages: view.inOrder(messages).map(view.shown),
			next: all.length > messages.length ? edge?.seq : null,
			epoch: server.epoch,
			...view.fields,
		},
	};
}

function one(
	{ server: { folds }, conversation, identity }: Request,
	id: string,
): Answer {
	const entry = folds.one(conversation, id);
	if (!entry) throw new Refused(404, "unknown message");
	return {
		status: 200,
		body: folds.folded(conversation, entry, identity.userId),
	};
}

/** Executes the command that a frame would give. */
function send(
	{ server, conversation, identity }: Request,
	frame: Fields,
): Answer {
	const checked = checkFrame(JSON.stringify(frame), false);
	if (!checked.ok) throw new Refused(400, checked.code);
	const stored = server.store(conversation, identity, checked.frame);
	if ("refused" in stored)
		throw new Refused(
			STATUSES[stored.refused] ?? 400,
			stored.refused.replaceAll("_", " "),
		);
	return {
		status: stored.repeated ? 200 : 201,
		body: server.amendments.shown(conversation, stored.entry),
	};
}

function query({ url }: Request): Fields {
	return Object.fromEntries(url.searchParams);
}

/** Returns the number of items that a page may have. */
export function limitOf({ searchParams }: URL): number {
	const limit = Number(searchParams.get("limit") ?? 50);
	if (!(limit >= 1 && limit <= 100)) throw new Refused(400, "invalid limit");
	return limit;
}
