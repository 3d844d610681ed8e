import { StartupError } from "@secureconnect/server/startup-error";
import { chatPage } from "./chat-page.ts";
import { createLog } from "./log.ts";
import { run } from "./run.ts";
import { configuredKey, serverOptions } from "./server-options.ts";
import type { Settings } from "./settings.ts";

/** Runs `secureconnect serve`: a production server. */
export async function serve(settings: Settings): Promise<void> {
	const key = await configuredKey(settings);
	const options = serverOptions("serve", settings, key);
	const pages = settings.page ? chatPage("serve") : new Map();
	if (!pages)
		throw new StartupError(
			'the build of the chat page does not exist: run "npm run build" first, or leave out --page',
		);
	const log = createLog(settings);
	await run({ ...options, pages, localAnswers: new Map(), log }, (server) => {
		const { port, adminPort } = server;
		log.info(
			{ host: options.host, port, adminPort, data: settings.data },
			"serving",
		);
	});
}
