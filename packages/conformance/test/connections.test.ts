/**
 * Faults of connections. A separate process, because dozens of concurrent suites need processor time to keep their
 * deadlines.
 */
import { CONNECTION_FAULTS } from "./servers/connection-faults.ts";
import { DEVICE_FAULTS } from "./servers/device-faults.ts";
import { namesEach } from "./support.ts";

namesEach([...CONNECTION_FAULTS, ...DEVICE_FAULTS]);
