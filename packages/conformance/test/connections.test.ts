/** The faults of connections: in a process of its own, where dozens of suites leave each other time to be on time. */
import { CONNECTION_FAULTS } from "./servers/connection-faults.ts";
import { DEVICE_FAULTS } from "./servers/device-faults.ts";
import { namesEach } from "./support.ts";

namesEach([...CONNECTION_FAULTS, ...DEVICE_FAULTS]);
