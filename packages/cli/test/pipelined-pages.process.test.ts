/** A server with little memory, and a user who requests more than fits into it. */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { token } from "../../server/test/support/token.ts";
import { rest, startServe } from "./support/server-process.ts";

const MIB = 1024 * 1024;
/** Allowed growth of memory after the start: far less than the 1,200 requested pages. */
const MAX_RESIDENT = 400 * MIB;

/** Returns the peak resident memory of a process, in bytes (proc(5)). */
function peak(pid: number): number {
	const status = readFileSync(`/proc/${pid}/status`, "utf8");
	return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

test.skipIf(process.platform !== "linux")(
	"[RS-31] [RS-34] [RS-16] 1,200 requests for pages on five connections that read no answer cost little memory, and /healthz answers",
	async () => {
		const server = await startServe(temporaryDirectory(), [], {
			NODE_OPTIONS: "--max-old-space-size=512",
		});
		const user = randomUUID();
		const bearer = await token(user);
		const id = randomUUID();
		await rest(server, "POST", "/v1/conversations", bearer, {
			conversation_id: id,
			participant_ids: [],
		});
		const path = `/v1/conversations/${id}/messages`;
		for (let i = 0; i < 5; i++) {
			const content = "x".repeat(1_000_000);
			const { status } = await rest(server, "POST", path, bearer, { content });
			expect(status).toBe(201);
		}
		const request = `GET ${path}?limit=100 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${bearer}\r\n\r\n`;
		const answered = Array.from({ length: 5 }, () => {
			const socket = connect(server.port, "127.0.0.1");
			socket.on("error", () => {});
			socket.pause();
			onTestFinished(() => void socket.destroy());
			socket.write(request.repeat(240));
			return new Promise((resolve) => socket.once("readable", resolve));
		});
		await Promise.all(answered);
		for (let i = 0; i < 20; i++) {
			const health = await fetch(`http://${server.address}/healthz`);
			expect(await health.json()).toEqual({ status: "ok" });
		}
		const page = await rest(server, "GET", `${path}?limit=1`, bearer);
		expect(page.status).toBe(200);
		expect(peak(server.program.pid)).toBeLessThan(MAX_RESIDENT);
		expect(server.program.isRunning).toBe(true);
	},
);
