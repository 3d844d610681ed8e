/**
 * Faults of amendments, counts and conversations. A separate process, because dozens of concurrent suites need
 * processor time to keep their deadlines.
 */
import { AMENDMENT_FAULTS } from "./servers/amendment-faults.ts";
import { CONVERSATION_FAULTS } from "./servers/conversation-faults.ts";
import { namesEach } from "./support.ts";

namesEach([...AMENDMENT_FAULTS, ...CONVERSATION_FAULTS]);
