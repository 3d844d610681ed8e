import { pino } from "pino";
import { run } from "./run.ts";
import { configuredKey, serverOptions } from "./server-options.ts";
import type { Settings } from "./settings.ts";

/** `secureconnect serve`: production. */
export async function serve(settings: Settings): Promise<void> {
	const key = await configuredKey(settings);
	const options = serverOptions("serve", settings, key);
	const log = pino({ level: settings.logLevel });
	await run({ ...options, pages: new Map(), log }, (server) => {
		const { port, adminPort } = server;
		log.info(
			{ host: options.host, port, adminPort, data: settings.data },
			"serving",
		);
	});
}
