import { ClientFrames, ServerFrames } from "@secureconnect/protocol";
import { OPERATIONS } from "@secureconnect/protocol/reference";
import { afterAll, beforeEach, expect, test } from "vitest";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { closeBrowser, needChromium, openBrowser } from "./support/browser.ts";
import { startDev, startServe } from "./support/server-process.ts";

beforeEach(needChromium);
afterAll(closeBrowser);

const frames = [...Object.keys(ClientFrames), ...Object.keys(ServerFrames)];
const operations = OPERATIONS.map(
	({ method, path }) => `${method.toUpperCase()} ${path}`,
);

test.each([
	["/docs/websocket", frames, "/asyncapi.json"],
	["/docs/rest", operations, "/openapi.json"],
])(
	"%s has no script, no external file and no error, and every link has a target",
	async (path, titles, document) => {
		const dev = await startDev(temporaryDirectory());
		const origin = `http://127.0.0.1:${dev.port}`;
		const browser = await openBrowser();
		const page = await browser.newPage();
		const requests: string[] = [];
		const errors: string[] = [];
		page.on("request", (request) => requests.push(request.url()));
		page.on("console", (message) => errors.push(message.text()));
		page.on("pageerror", (error) => errors.push(String(error)));
		for (const width of [1280, 390]) {
			await page.setViewportSize({ width, height: 900 });
			await page.goto(origin + path);
			const overflow = await page.evaluate(
				"document.documentElement.scrollWidth - window.innerWidth",
			);
			expect(overflow, `at ${width} pixels`).toBeLessThanOrEqual(0);
		}
		const headings = await page.locator("main h2").allInnerTexts();
		for (const title of titles)
			expect(
				headings.some((heading) => heading.includes(title)),
				title,
			).toBe(true);
		for (const href of await page
			.locator('a[href^="#"]')
			.evaluateAll((links) => links.map((link) => link.getAttribute("href"))))
			expect(
				await page.locator(`[id="${href?.slice(1)}"]`).count(),
				href ?? "",
			).toBe(1);
		expect(await page.locator("script").count()).toBe(0);
		const asked = await page.request.get(origin + document);
		expect(asked.ok()).toBe(true);
		expect(await asked.json()).toHaveProperty("info.title");
		expect(requests.filter((url) => !url.startsWith(origin))).toEqual(
			requests.filter((url) => url.startsWith("data:")),
		);
		expect(errors).toEqual([]);
	},
);

test("serve does not serve the references", async () => {
	const serve = await startServe(temporaryDirectory());
	for (const path of ["/", "/docs/rest", "/docs/websocket", "/openapi.json"]) {
		const { status } = await fetch(`http://${serve.address}${path}`);
		expect(status, path).toBe(404);
	}
});

test("documents and references are compressed for clients that accept it, and plain for others", async () => {
	const dev = await startDev(temporaryDirectory());
	const ask = (path: string, accepted: string): Promise<Response> =>
		fetch(`http://127.0.0.1:${dev.port}${path}`, {
			headers: { "Accept-Encoding": accepted },
		});
	for (const path of [
		"/docs",
		"/docs/rest",
		"/docs/websocket",
		"/openapi.json",
		"/asyncapi.json",
	]) {
		const plain = await ask(path, "identity");
		expect([path, plain.headers.get("content-encoding")]).toEqual([path, null]);
		expect(plain.headers.get("vary")).toBe("Accept-Encoding");
		const body = await plain.text();
		for (const encoding of ["br", "gzip"]) {
			const compressed = await ask(path, encoding);
			expect(compressed.headers.get("content-encoding")).toBe(encoding);
			expect(await compressed.text()).toBe(body);
		}
	}
});
