import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { token } from "../../server/test/support/token.ts";
import { HttpClient } from "../src/http-client.ts";
import { TokenSource } from "../src/token.ts";

test("a request without an answer is aborted after 30 s", async () => {
	const silent = createServer(() => {});
	await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
	onTestFinished(() => void silent.close());
	const now = new AbortController();
	const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(now.signal);
	onTestFinished(() => timeout.mockRestore());
	const { port } = silent.address() as AddressInfo;
	const rest = new HttpClient(
		`http://127.0.0.1:${port}`,
		new TokenSource(
			() => token("a11ce000-0000-4000-8000-000000000001"),
			undefined,
		),
	);
	const answer = rest.request("/v1/conversations");
	await expect.poll(() => timeout.mock.calls).toEqual([[30_000]]);
	now.abort(new DOMException("", "TimeoutError"));
	await expect(answer).rejects.toMatchObject({ name: "TimeoutError" });
});

test("a platform without AbortSignal.timeout sends requests too, and aborts them after 30 s", async () => {
	const silent = createServer(() => {});
	await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
	onTestFinished(() => void silent.close());
	const { timeout } = AbortSignal;
	Object.assign(AbortSignal, { timeout: undefined });
	onTestFinished(() => void Object.assign(AbortSignal, { timeout }));
	vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
	onTestFinished(() => void vi.useRealTimers());
	const { port } = silent.address() as AddressInfo;
	const rest = new HttpClient(
		`http://127.0.0.1:${port}`,
		new TokenSource(() => "token", undefined),
	);
	const answer = rest.request("/v1/conversations");
	const asked = new Promise((resolve) => silent.once("connection", resolve));
	await asked;
	vi.advanceTimersByTime(30_000);
	await expect(answer).rejects.toMatchObject({ name: "AbortError" });
});
