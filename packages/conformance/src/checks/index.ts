import type { Check } from "../check.ts";
import { AMENDMENTS } from "./amendments.ts";
import { CHANGES } from "./changes.ts";
import { CHAT } from "./chat.ts";
import { COUNTS } from "./counts.ts";
import { DEVICES } from "./devices.ts";
import { EPOCH } from "./epoch.ts";
import { FRAMES } from "./frames.ts";
import { HANDSHAKE } from "./handshake.ts";
import { INBOX } from "./inbox.ts";
import { INBOX_LIST } from "./inbox-list.ts";
import { INBOX_SUBSCRIPTIONS } from "./inbox-subscriptions.ts";
import { LIFETIME } from "./lifetime.ts";
import { MARKS } from "./marks.ts";
import { PERSONAL } from "./personal.ts";
import { PRESENCE } from "./presence.ts";
import { REMOVAL } from "./removal.ts";
import { REST } from "./rest.ts";
import { RESUME } from "./resume.ts";
import { SIGNALS } from "./signals.ts";
import { TIMELINE } from "./timeline.ts";
import { TOKENS } from "./tokens.ts";
import { V1_CHECKS } from "./v1.ts";

/** One check for every rule that can be seen from outside. */
export const CHECKS: readonly Check[] = [
	...HANDSHAKE,
	...TOKENS,
	...FRAMES,
	...CHAT,
	...AMENDMENTS,
	...MARKS,
	...SIGNALS,
	...COUNTS,
	...PRESENCE,
	...RESUME,
	...LIFETIME,
	...DEVICES,
	...REMOVAL,
	...CHANGES,
	...PERSONAL,
	...REST,
	...TIMELINE,
	...EPOCH,
	...V1_CHECKS,
	...INBOX,
	...INBOX_SUBSCRIPTIONS,
	...INBOX_LIST,
];
