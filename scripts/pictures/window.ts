/** Draws a terminal window with xterm.js from the screen content of a real terminal. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Terminal } from "@xterm/xterm";
import type { Browser } from "playwright-core";
import { save } from "./save.ts";

const require = createRequire(import.meta.url);
const SCRIPT = readFileSync(require.resolve("@xterm/xterm"), "utf8");
const STYLE = readFileSync(
	require.resolve("@xterm/xterm/css/xterm.css"),
	"utf8",
);
const OPTIONS = {
	fontFamily: "DejaVu Sans Mono, monospace",
	fontSize: 14,
	lineHeight: 1.15,
	cursorStyle: "block",
	drawBoldTextInBrightColors: false,
	theme: {
		...{ background: "#ffffff", foreground: "#1f2328", cursor: "#57606a" },
		...{ red: "#cf222e", green: "#1a7f37", yellow: "#9a6700" },
		...{ cyan: "#1b7c83", magenta: "#8250df" },
	},
} as const;

export interface Picture {
	readonly name: string;
	readonly title: string;
	readonly columns: number;
	readonly rows: number;
	/** Screen content with colour sequences. */
	readonly text: string;
	/** Position of the cursor. Without it no cursor is drawn. */
	readonly cursor?: readonly [x: number, y: number];
}

export async function drawWindow(
	browser: Browser,
	{ name, title, columns, rows, text, cursor }: Picture,
): Promise<void> {
	const page = await browser.newPage({
		viewport: { width: 1400, height: 900 },
		deviceScaleFactor: 1.5,
	});
	await page.setContent(frame(title));
	await page.addScriptTag({ content: SCRIPT });
	const place = cursor
		? `\u001b[${cursor[1] + 1};${cursor[0] + 1}H`
		: "\u001b[?25l";
	const options = { ...OPTIONS, cols: columns, rows };
	await page.evaluate(
		([options, bytes]) =>
			new Promise<void>((resolve) => {
				const { Terminal: Drawn } = globalThis as unknown as {
					Terminal: typeof Terminal;
				};
				const terminal = new Drawn(options);
				const at = document.querySelector<HTMLElement>("#terminal");
				if (at) terminal.open(at);
				// xterm.js draws no cursor without the focus.
				terminal.focus();
				terminal.write(bytes, resolve);
			}),
		[options, text.trimEnd().replaceAll("\n", "\r\n") + place] as const,
	);
	// xterm.js draws in the next frame.
	await page.evaluate(
		() =>
			new Promise((resolve) =>
				requestAnimationFrame(() => requestAnimationFrame(resolve)),
			),
	);
	await save(page.locator("#window"), name);
	await page.close();
}

function frame(title: string): string {
	return `<!doctype html><meta charset="utf-8"><style>${STYLE}
body { margin: 0; background: #fff }
#window { display: inline-block; border: 1px solid #d0d7de; border-radius: 10px; overflow: hidden }
header { background: #f6f8fa; border-bottom: 1px solid #d0d7de; padding: 8px; text-align: center; font: 13px "DejaVu Sans", sans-serif; color: #57606a }
#terminal { padding: 12px 14px }
.xterm-viewport, .scrollbar { display: none }
</style><div id="window"><header>${title}</header><div id="terminal"></div></div>`;
}
