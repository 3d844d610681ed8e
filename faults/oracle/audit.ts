/**
 * Says what is wrong with a conversation, from what its clients wrote down and what is stored in the end. It shares no
 * code with the server, knows nothing of how it works, and has no I/O: `test/oracle.test.ts` hands it bad logs.
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
