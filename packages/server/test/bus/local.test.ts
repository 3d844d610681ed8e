import { busContract } from "@secureconnect/server/contracts";
import { test } from "vitest";
import { LocalBus } from "../../src/bus/local.ts";

busContract(test, async (onError) => new LocalBus(onError));
