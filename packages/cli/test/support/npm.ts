/**
 * Options for npm where it fetches from the network. By default npm waits 10 s after the first attempt that failed and
 * 60 s after the second, so two stalled connections take longer than a test may.
 */
export const FETCH_OPTIONS: readonly string[] = [
	"--fetch-timeout=30000",
	"--fetch-retries=4",
	"--fetch-retry-mintimeout=500",
	"--fetch-retry-maxtimeout=2000",
];
