/**
 * Faults of the connection for all conversations. A separate process, because dozens of concurrent suites need
 * processor time to keep their deadlines.
 */
import { INBOX_FAULTS } from "./servers/inbox-faults.ts";
import { namesEach } from "./support.ts";

namesEach(INBOX_FAULTS);
