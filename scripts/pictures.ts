/**
 * Takes the pictures for the documents: `page`, `terminal`, or both by default. Run it by hand after a build. It needs
 * Chromium and tmux.
 */
import { chromium } from "playwright-core";
import { drawPage } from "./pictures/page.ts";
import { drawTerminals } from "./pictures/terminals.ts";

const PICTURES = { page: drawPage, terminal: drawTerminals };

const wanted = process.argv.slice(2);
const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
	args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
});
try {
	for (const [name, draw] of Object.entries(PICTURES))
		if (wanted.length === 0 || wanted.includes(name)) await draw(browser);
} finally {
	await browser.close();
}
