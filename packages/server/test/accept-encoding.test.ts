import { expect, test } from "vitest";
import { acceptedEncoding } from "../src/http/accept-encoding.ts";

test.each<[string | undefined, string | undefined]>([
	[undefined, undefined],
	["", undefined],
	["gzip, deflate, br, zstd", "br"],
	["gzip", "gzip"],
	["GZIP;Q=1.0", "gzip"],
	["br;q=0, gzip;q=0.5", "gzip"],
	["br;q=0.0,*;q=0.1", "gzip"],
	["*", "br"],
	["identity", undefined],
	["deflate", undefined],
])("Accept-Encoding: %s chooses %s", (header, expected) => {
	expect(acceptedEncoding(header, ["br", "gzip"])).toBe(expected);
});
