import { HttpError } from "@secureconnect/protocol";
import { Refusal } from "../chat/refusal.ts";
import { HttpRefusal, notParticipant, unavailable } from "../http-refusal.ts";

/** Converts refusals of the domain into HTTP refusals. */
export async function refusing<T>(work: Promise<T>): Promise<T> {
	try {
		return await work;
	} catch (error) {
		if (!(error instanceof Refusal)) throw error;
		switch (error.error.code) {
			case "not_participant":
				throw notParticipant();
			case "read_only":
				throw new HttpRefusal(403, HttpError.readOnly);
			case "forbidden":
				throw new HttpRefusal(403, HttpError.forbidden);
			case "unknown_message":
				throw new HttpRefusal(404, HttpError.unknownMessage);
			case "client_message_id_conflict":
				throw new HttpRefusal(409, HttpError.clientMessageIdConflict);
			case "version_conflict":
				throw new HttpRefusal(409, HttpError.versionConflict);
			case "limit_reached":
				throw new HttpRefusal(409, HttpError.limitReached);
			case "message_deleted":
				throw new HttpRefusal(410, HttpError.messageDeleted);
			case "draining":
			case "unavailable":
				throw unavailable();
			default:
				throw new HttpRefusal(400, error.message);
		}
	}
}

/** Creates the answer to a change of a conversation or its participants that the log refused. */
export function forbidden(
	reason:
		| "not_participant"
		| "not_owner"
		| "unknown_participant"
		| "too_many_participants"
		| "too_many_unanswered_additions"
		| "last_owner"
		| "direct_conversation"
		| "blocked",
): HttpRefusal {
	switch (reason) {
		case "not_participant":
			return notParticipant();
		case "not_owner":
			return new HttpRefusal(403, HttpError.notOwner);
		case "unknown_participant":
			return new HttpRefusal(404, HttpError.unknownParticipant);
		case "too_many_participants":
			return new HttpRefusal(409, HttpError.tooManyParticipants);
		case "too_many_unanswered_additions":
			return new HttpRefusal(409, HttpError.tooManyUnansweredAdditions);
		case "last_owner":
			return new HttpRefusal(409, HttpError.lastOwner);
		case "direct_conversation":
			return new HttpRefusal(409, HttpError.directConversation);
		case "blocked":
			return new HttpRefusal(403, HttpError.forbidden);
	}
}
