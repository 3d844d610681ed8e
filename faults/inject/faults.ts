import { clockJump } from "./clock.ts";
import { descriptors } from "./descriptors.ts";
import { diskFull } from "./disk-full.ts";
import { drain } from "./drain.ts";
import type { Fault } from "./fault.ts";
import { fsyncError, writeError } from "./io-error.ts";
import { kill, killStored } from "./kill.ts";
import { powerCut } from "./power-cut.ts";
import { proxy } from "./proxy.ts";
import { slowReaders } from "./slow-readers.ts";
import { stop } from "./stop.ts";

export const FAULTS: readonly Fault[] = [
	kill,
	killStored,
	powerCut,
	diskFull,
	writeError,
	fsyncError,
	proxy,
	slowReaders,
	clockJump,
	stop,
	descriptors,
	drain,
];
