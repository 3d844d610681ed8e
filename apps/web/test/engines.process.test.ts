/** The same session with the chat page in a browser of each engine: Chromium, Firefox and WebKit. */
import { afterAll, expect, test } from "vitest";
import { closeBrowser } from "../../../packages/cli/test/support/browser.ts";
import {
	history,
	startDev,
} from "../../../packages/cli/test/support/server-process.ts";
import { Relay } from "../../../packages/client/test/support/relay.ts";
import { temporaryDirectory } from "../../../packages/server/test/support/server.ts";
import { CHROMIUM } from "./support/engines/chromium.ts";
import { needEngine } from "./support/engines/engine.ts";
import { FIREFOX } from "./support/engines/firefox.ts";
import { Visitor } from "./support/engines/visitor.ts";
import { WEBKIT } from "./support/engines/webkit.ts";

afterAll(closeBrowser);

const BANNER = ".banner";
const OUTBOX = Array.from({ length: 8 }, (_, i) => `kept ${i + 1}`);

test.for([CHROMIUM, FIREFOX, WEBKIT])(
	"$name: over a killed server, a lost network and a reload each message is stored once and shown in order",
	async (engine, context) => {
		needEngine(context, engine);
		const data = temporaryDirectory();
		const [dev, browser] = await Promise.all([startDev(data), engine.launch()]);
		const relay = await Relay.start(dev.port);
		const [alice, bob] = await Promise.all([
			browser.open().then((tab) => Visitor.open(tab, `${relay.url}/`)),
			browser
				.open()
				.then((tab) => Visitor.open(tab, `http://${dev.address}/?as=bob`)),
		]);
		const said: string[] = [];
		const bothShow = (...lines: readonly string[]): Promise<unknown> => {
			said.push(...lines);
			return Promise.all([alice.shows(said), bob.shows(said)]);
		};

		await alice.say("Hello Bob");
		await bothShow("Hello Bob");
		await bob.say("Hello Alice");
		await bothShow("Hello Alice");

		// The banner appears without a change of the list, so only the list's observer can make room for it.
		relay.holdAt("HTTP/1.1 101 ");
		relay.cut();
		await alice.sees(BANNER, "Connecting…");
		await alice.shows(said);
		await alice.hasNoErrors();
		relay.release();

		await dev.program.killHard();
		await alice.sees(BANNER, "No connection to the server.");
		await alice.say("unsent 1", "unsent 2");
		await alice.shows([...said, "unsent 1", "unsent 2"], 2);
		await startDev(data, ["--port", String(dev.port)]);
		await bothShow("unsent 1", "unsent 2");

		relay.isDown = true;
		// Before the cut, because Chromium may not report the end of a connection while it emulates a lost network.
		relay.cut();
		await alice.setOffline(true);
		await alice.sees(BANNER, "You are offline.");
		await alice.say("offline 1", "offline 2");
		await alice.shows([...said, "offline 1", "offline 2"], 2);
		await bob.say("meanwhile");
		await bob.shows([...said, "meanwhile"]);
		relay.isDown = false;
		await alice.setOffline(false);
		await bothShow("meanwhile", "offline 1", "offline 2");

		relay.turnsAway = "GET /v1/ws/";
		relay.cut();
		await alice.sees(BANNER, "No connection to the server.");
		await alice.say(...OUTBOX);
		await alice.shows([...said, ...OUTBOX], OUTBOX.length);
		await alice.reload();
		// The page loads the history when the connection opens.
		await alice.shows(OUTBOX, OUTBOX.length);
		relay.turnsAway = undefined;
		await bothShow(...OUTBOX);

		const stored = await history(dev, dev.conversationId, dev.users[0].token);
		expect(stored.map(({ content }) => content)).toEqual(said);
		await alice.hasNoErrors();
		await bob.hasNoErrors();
	},
);
