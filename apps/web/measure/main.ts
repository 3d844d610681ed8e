/**
 * Measures the chat page in Chromium, slowed down four times and without a graphics card, and writes RESULTS.md. Run it
 * by hand after a build, on a machine without other load: `node apps/web/measure/main.ts`. With `quick` it measures
 * less and writes nothing.
 */
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import {
	firstPaint,
	scroll,
	untilFirstMessage,
	watched,
	watchKeys,
} from "./in-page.ts";
import { DevServer } from "./server.ts";

const QUICK = process.argv.includes("quick");
const SLOWER = 4;
const MESSAGES = QUICK ? 1000 : 10_000;
const OPENINGS = QUICK ? 2 : 7;
/** Slow mobile network: 400 kbit/s in each direction, and an answer begins 150 ms after its request. */
const SLOW_NETWORK = {
	offline: false,
	latency: 150,
	downloadThroughput: 400_000 / 8,
	uploadThroughput: 400_000 / 8,
};
const PER_SECOND = 50;
const SECONDS = QUICK ? 10 : 60;
const KEY_EVERY_MS = 120;
/** Pixels per frame: 6,000 per second, like a strong flick. */
const STEP = 100;

const wrong: string[] = [];

async function open(browser: Browser): Promise<Page> {
	const context = await browser.newContext({
		viewport: { width: 1280, height: 800 },
	});
	const page = await context.newPage();
	page.on("console", (message) => {
		if (message.type() === "error") wrong.push(message.text());
	});
	page.on("pageerror", (error) => wrong.push(String(error)));
	const devtools = await context.newCDPSession(page);
	await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
	return page;
}

interface Row {
	readonly what: string;
	readonly wanted: string;
	readonly found: string;
}

async function opening(browser: Browser, origin: string): Promise<Row> {
	const times: number[] = [];
	for (let n = 0; n < OPENINGS; n++) {
		const page = await open(browser);
		await page.goto(origin, { waitUntil: "commit" });
		times.push(await page.evaluate(untilFirstMessage));
		await page.context().close();
	}
	return {
		what: `first message visible, nothing cached, ${MESSAGES.toLocaleString("en")} messages stored (${OPENINGS} times)`,
		wanted: "2,000 ms",
		found: `median ${ms(at(times, 0.5))}, longest ${ms(at(times, 1))}`,
	};
}

/** Measures the first load without a cache on {@link SLOW_NETWORK}. */
async function openingSlowly(browser: Browser, origin: string): Promise<Row[]> {
	const paints: number[] = [];
	const messages: number[] = [];
	const files: number[] = [];
	const answers: number[] = [];
	for (let n = 0; n < OPENINGS; n++) {
		const page = await open(browser);
		const devtools = await page.context().newCDPSession(page);
		await devtools.send("Network.enable");
		await devtools.send("Network.emulateNetworkConditions", SLOW_NETWORK);
		const fetched = new Set<string>();
		const bytes = { files: 0, answers: 0 };
		devtools.on("Network.responseReceived", ({ requestId, type }) => {
			if (type === "Fetch") fetched.add(requestId);
		});
		devtools.on(
			"Network.loadingFinished",
			({ requestId, encodedDataLength }) => {
				bytes[fetched.has(requestId) ? "answers" : "files"] +=
					encodedDataLength;
			},
		);
		await page.goto(origin, { waitUntil: "commit" });
		messages.push(await page.evaluate(untilFirstMessage));
		files.push(bytes.files);
		answers.push(bytes.answers);
		paints.push(await page.evaluate(firstPaint));
		await page.context().close();
	}
	const found = (times: readonly number[]): string =>
		`median ${ms(at(times, 0.5))}, longest ${ms(at(times, 1))}`;
	return [
		{
			what: `first paint at 400 kbit/s and 150 ms, nothing cached (${OPENINGS} times)`,
			wanted: "1,000 ms",
			found: found(paints),
		},
		{
			what: "the same: first message visible",
			wanted: "",
			found: found(messages),
		},
		{
			what: "the same: bytes until then, headers included",
			wanted: "the page's own files: 100 kB",
			found: `files ${kB(at(files, 1))}, answers of the API ${kB(at(answers, 1))}`,
		},
	];
}

async function scrolling(browser: Browser, origin: string): Promise<Row[]> {
	const page = await open(browser);
	await page.goto(origin);
	await page.locator(".message").first().waitFor();
	const busy = await cpuClock(page);
	const rows: Row[] = [];
	for (const [way, by] of [
		["up, while pages come in", -STEP],
		["down", STEP],
	] as const) {
		const before = await busy();
		const { gaps, isThere } = await page.evaluate(scroll, [
			by,
			600_000,
		] as const);
		const cpu = ((await busy()) - before) / gaps.length;
		rows.push({
			what: `${MESSAGES.toLocaleString("en")} messages scrolled ${way}${isThere ? "" : " (NOT TO THE END)"}`,
			wanted: "95 % of frames under 33 ms, none over 200 ms",
			found: `${frames(gaps)}; the page's thread is busy for ${cpu.toFixed(1)} ms of its CPU a frame`,
		});
	}
	await page.context().close();
	return rows;
}

async function arriving(browser: Browser, server: DevServer): Promise<Row[]> {
	const page = await open(browser);
	await page.goto(server.origin);
	await page.locator(".message").first().waitFor();
	const field = page.getByRole("textbox", { name: /^Message to/ });
	await field.focus();
	await page.evaluate(watchKeys);
	const bob = await server.bob();
	const begun = performance.now();
	let said = 0;
	const talking = setInterval(() => {
		const due = ((performance.now() - begun) / 1000) * PER_SECOND;
		for (; said < due; said++) bob.say(`arriving ${said}`);
	}, 10);
	while (performance.now() - begun < SECONDS * 1000) {
		await page.keyboard.press("a");
		await new Promise((resolve) => setTimeout(resolve, KEY_EVERY_MS));
	}
	clearInterval(talking);
	bob.close();
	await page.getByText(`arriving ${said - 1}`, { exact: true }).waitFor();
	const { delays, gaps } = await page.evaluate(watched);
	const written = (await field.inputValue()).length;
	await page.context().close();
	return [
		{
			what: `${PER_SECOND} messages a second for ${SECONDS} s: from a key to the picture that shows it (${written} keys)`,
			wanted: "responsive: 200 ms",
			found: `95 % within ${ms(at(delays, 0.95))}, longest ${ms(at(delays, 1))}`,
		},
		{ what: "the same: frames", wanted: "", found: frames(gaps) },
	];
}

/** Returns the CPU time of the page's main thread, in milliseconds. It does not depend on other programs. */
async function cpuClock(page: Page): Promise<() => Promise<number>> {
	const devtools = await page.context().newCDPSession(page);
	await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
	return async () => {
		const { metrics } = await devtools.send("Performance.getMetrics");
		const task = metrics.find(({ name }) => name === "TaskDuration");
		return (task?.value ?? 0) * 1000;
	};
}

function frames(gaps: readonly number[]): string {
	const under = gaps.filter((gap) => gap <= 33.4).length / gaps.length;
	return `${(under * 100).toFixed(1)} % under 33 ms, 95 % within ${ms(at(gaps, 0.95))}, longest ${ms(at(gaps, 1))}, ${gaps.filter((gap) => gap > 200).length} of ${gaps.length.toLocaleString("en")} over 200 ms`;
}

function at(values: readonly number[], share: number): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

function kB(bytes: number): string {
	return `${(bytes / 1000).toFixed(1)} kB`;
}

function ms(value: number): string {
	return `${Math.round(value).toLocaleString("en")} ms`;
}

const load = loadavg()[0] ?? 0;
const server = await DevServer.start();
const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
	args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
});
try {
	const bob = await server.bob();
	await bob.fill(MESSAGES);
	bob.close();
	const rows = [
		await opening(browser, server.origin),
		...(await openingSlowly(browser, server.origin)),
		...(await scrolling(browser, server.origin)),
		...(await arriving(browser, server)),
	];
	const text = `# The chat page, measured

Chromium ${browser.version()}, slowed down ${SLOWER} times, software rendering; server and browser share ${cpus().length} × ${cpus()[0]?.model ?? "?"}, whose
load average was ${load.toFixed(1)} before. Made by \`node apps/web/measure/main.ts\`.

| what | wanted | found |
|---|---|---|
${rows.map(({ what, wanted, found }) => `| ${what} | ${wanted} | ${found} |`).join("\n")}
| errors in the console | 0 | ${wrong.length} |
`;
	console.log(text);
	for (const line of new Set(wrong)) console.error(line);
	if (!QUICK) writeFileSync(join(import.meta.dirname, "RESULTS.md"), text);
} finally {
	await browser.close();
	server.stop();
}
