/** Setup of the unit tests: in `npm test`, properties are checked with the same values in each run. */
import fc from "fast-check";
import { LONG } from "./long.ts";

if (!LONG) fc.configureGlobal({ seed: 1 });
