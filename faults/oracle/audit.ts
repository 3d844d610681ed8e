/**
 * Audits a conversation: compares the journals of its clients with the stored entries. It shares no code with the
 * server, does not depend on its design, and does no I/O. `test/oracle.test.ts` gives it faulty journals.
 */
import {
	nothingTwiceOnAConnection,
	resumedExactlyTheRest,
} from "./delivering.ts";
import { deviceMissedNothing, provenStaysProven } from "./devices.ts";
import type { Finding, RoomRecord } from "./record.ts";
import {
	everyIdIsAnswered,
	sendersOrderIsKept,
	sentOnceAtMost,
	storedWasSent,
} from "./sending.ts";
import {
	acknowledgedIsStored,
	oneIdOneSeq,
	seenIsStored,
	seqIsConsecutive,
} from "./storing.ts";
import { watermarksNeverGoBack } from "./watermarks.ts";

export function audit(room: RoomRecord): Finding[] {
	const checks = [
		seqIsConsecutive,
		acknowledgedIsStored,
		seenIsStored,
		oneIdOneSeq,
		nothingTwiceOnAConnection,
		resumedExactlyTheRest,
		deviceMissedNothing,
		provenStaysProven,
		sentOnceAtMost,
		storedWasSent,
		sendersOrderIsKept,
		everyIdIsAnswered,
		watermarksNeverGoBack,
	];
	return checks.flatMap((check) => check(room));
}
