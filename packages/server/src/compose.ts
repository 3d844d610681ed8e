/** Builds a server from all its parts, starts it and stops it. No other module knows every part. */
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { VerificationKey } from "./auth/jwt.ts";
import { remembering } from "./auth/remember.ts";
import { createVerify } from "./auth/verify.ts";
import { LocalBus } from "./bus/local.ts";
import { type ConversationPolicy, Doorkeeper } from "./chat/authorise.ts";
import { Commands, type WhoPins } from "./chat/commands.ts";
import { ConversationCommands } from "./chat/conversation-commands.ts";
import { DeviceCursors } from "./chat/device-cursors.ts";
import { Hub } from "./chat/hub.ts";
import { Inboxes } from "./chat/inbox/inboxes.ts";
import { TokenNames } from "./chat/token-names.ts";
import { processScheduler } from "./fair/scheduler.ts";
import { Shares } from "./fair/shares.ts";
import { Turns } from "./fair/turns.ts";
import { framing } from "./gateway/framing.ts";
import { Gateway } from "./gateway/gateway.ts";
import { Intake } from "./gateway/intake.ts";
import type { OriginPolicy } from "./gateway/origin.ts";
import { Answers } from "./http/answers.ts";
import { createApp, type LocalAnswer, type WebPage } from "./http/app.ts";
import { longestTimeline } from "./http/pages.ts";
import type { RefusalReason } from "./http-refusal.ts";
import { type ListenHost, listen } from "./listen.ts";
import { GroupCommit } from "./log/group-commit.ts";
import { LogHealth } from "./log/health.ts";
import { SqliteLog } from "./log/sqlite/sqlite-log.ts";
import { createAdmin } from "./ops/admin.ts";
import { createMetrics } from "./ops/metrics.ts";
import { RefusalLog } from "./ops/refusal-log.ts";

export interface ServerOptions {
	readonly host: ListenHost;
	/** TCP port; 0 for any free port. */
	readonly port: number;
	readonly dataDirectory: string;
	readonly key: VerificationKey;
	readonly issuer: string | undefined;
	readonly audience: string | undefined;
	readonly leewaySeconds: number;
	readonly policy: ConversationPolicy;
	readonly origins: OriginPolicy;
	readonly pingIntervalMs: number;
	/** Milliseconds; must be greater than `pingIntervalMs`. */
	readonly pongTimeoutMs: number;
	readonly maxMessageBytes: number;
	readonly maxConnections: number;
	/** Maximum number of participants in a conversation. */
	readonly maxParticipants: number;
	/**
	 * Maximum number of participations that a user may create for the same other user while that user has answered none.
	 */
	readonly maxUnansweredAdditions: number;
	/** Who may pin messages. */
	readonly whoPins: WhoPins;
	readonly presenceGraceMs: number;
	readonly presenceBroadcastUsers: number;
	/** Maximum number of bytes queued for one slow connection. Above it, the connection is served from the log. */
	readonly maxBacklogBytes: number;
	/** Maximum number of bytes queued for all slow connections together. */
	readonly maxTotalBacklogBytes: number;
	/** Bytes of unfinished messages, waiting messages and request bodies in memory. One user may hold an eighth. */
	readonly maxIncomingBytes: number;
	/** Bytes of HTTP answers that are in preparation or have not left the process. One user may hold an eighth. */
	readonly maxAnswerBytes: number;
	readonly admin: { readonly host: string; readonly port: number } | undefined;
	readonly drainTimeoutMs: number;
	/** Static documents to serve, by path. */
	readonly pages: ReadonlyMap<string, WebPage>;
	/** Answers to POST requests, by path. Only web pages of this machine may call them. */
	readonly localAnswers: ReadonlyMap<string, LocalAnswer>;
	readonly log: Logger;
}

export interface RunningServer {
	readonly port: number;
	readonly adminPort: number | undefined;
	/** Rejects when the log can never be written again. The process should then end and be restarted. */
	readonly failed: Promise<never>;
	/**
	 * Stops the server. It rejects new connections and stops reading. It stores and answers the frames that it has
	 * read, and tells every client when to reconnect. Never throws; ends within the drain timeout.
	 */
	drain(): Promise<void>;
}

/** @throws {StartupError} */
export async function startServer(
	options: ServerOptions,
): Promise<RunningServer> {
	const { log: logger } = options;
	const onError = (error: unknown): void =>
		logger.error({ err: error }, "internal error");
	const refusedTokens = new RefusalLog(
		(reason, more) =>
			logger.info(more > 0 ? { reason, more } : { reason }, "token refused"),
		Date.now,
	);
	const refusedOrigins = new RefusalLog(
		(origin, more) =>
			logger.warn(
				more > 0 ? { origin, more } : { origin },
				"origin refused: to allow pages of another host, add their origin to --allowed-origins; for pages of this host, configure the proxy to forward the Host header with its port",
			),
		Date.now,
	);
	const onRefused = (reason: RefusalReason): void => {
		if (reason.of === "token") refusedTokens.note(reason.why);
		else refusedOrigins.note(reason.origin);
	};
	const scheduler = processScheduler;
	const { now } = scheduler;

	const log = await SqliteLog.open(options.dataDirectory, (share) =>
		logger.info(
			{ percent: Math.floor(share * 100) },
			"migrating the data directory to this version",
		),
	);
	const bus = new LocalBus(onError);
	const health = new LogHealth(log, (why) => {
		if (why === undefined) logger.info("the message log accepts writes again");
		else
			logger.error(
				{ why },
				"the message log cannot accept writes: free space on its disk; no acknowledged message is lost",
			);
	});
	const commit = new GroupCommit(
		scheduler,
		health,
		(entries) =>
			bus.publish(entries[0].conversationId, { kind: "entries", entries }),
		onError,
	);
	const commands = new Commands(commit, bus, options, scheduler, onError);
	const turns = new Turns(scheduler);
	const conversations = new ConversationCommands(
		commands,
		bus,
		log,
		options,
		turns,
		now,
	);
	const names = new TokenNames(log, commands, now);
	const cursors = new DeviceCursors(log, commit, scheduler, onError);
	// Whatever the settings, one user's share holds two messages.
	const maxIncomingBytes = Math.max(
		options.maxIncomingBytes,
		16 * options.maxMessageBytes,
	);
	const incoming = new Shares(maxIncomingBytes);
	// Whatever the settings, one user's share holds the longest answer.
	const answers = new Answers(
		Math.max(
			options.maxAnswerBytes,
			8 * longestTimeline(options.maxMessageBytes),
		),
	);
	const hub = new Hub(
		log,
		bus,
		cursors,
		framing,
		options,
		turns,
		scheduler,
		onError,
	);
	const doorkeeper = new Doorkeeper(log, commands, names, options.policy);
	const verify = remembering(
		createVerify(options),
		options.leewaySeconds * 1000,
		now,
	);
	const gateway = new Gateway(
		{ ...options, leewayMs: options.leewaySeconds * 1000 },
		hub,
		doorkeeper,
		cursors,
		new Inboxes(log, bus, turns, scheduler, onError),
		{
			...options,
			commands,
			verify,
			names,
			now,
			onRefused,
			onError,
			intake: new Intake(incoming, maxIncomingBytes / 2),
		},
		turns,
	);
	const app = createApp(
		{
			...options,
			turns,
			verify,
			onRefused,
			status: () =>
				gateway.isDraining
					? "draining"
					: health.takesWrites
						? "ready"
						: "unavailable",
			rest: {
				commands,
				conversations,
				doorkeeper,
				hub,
				names,
				log,
				turns,
				answers,
				incoming,
				maxMessageBytes: options.maxMessageBytes,
			},
		},
		gateway,
	);

	let main: Listening | undefined;
	let admin: Listening | undefined;
	try {
		main = await listening(app, options.host, options.port, "--port");
		admin =
			options.admin &&
			(await listening(
				createAdmin(
					createMetrics(gateway, hub, commit, health, answers, incoming),
					gateway,
				),
				options.admin.host,
				options.admin.port,
				"--admin-port",
			));
	} catch (error) {
		await main?.close();
		health.close();
		await log.close();
		throw error;
	}

	// An earlier process may have ended during a deletion.
	void commands.removeLeftovers("");
	const started = main;
	return {
		port: started.port,
		adminPort: admin?.port,
		failed: log.failed,
		async drain() {
			const deadline = performance.now() + options.drainTimeoutMs;
			gateway.stopReading();
			await settled(cursors.write(), deadline);
			await settled(commands.drain(), deadline);
			// The answers to the last commits are queued now. They must be written before the close frames.
			await new Promise(setImmediate);
			hub.flush();
			await gateway.sayGoodbye(Math.max(0, deadline - performance.now()));
			await settled(started.close(), deadline);
			if (admin) await settled(admin.close(), deadline);
			health.close();
			// Closing may fail or take too long without harm: the next start recovers as it does after a kill.
			await settled(log.close(), Math.max(deadline, performance.now() + 1000));
		},
	};
}

interface Listening {
	readonly port: number;
	close(): Promise<void>;
}

async function listening(
	app: FastifyInstance,
	host: ListenHost,
	port: number,
	flag: string,
): Promise<Listening> {
	const { port: chosen, also } = await listen(app, host, port, flag);
	return {
		port: chosen,
		async close() {
			also?.close();
			await app.close();
		},
	};
}

/** Waits for `work`, but not beyond the deadline. */
async function settled(work: Promise<void>, deadline: number): Promise<void> {
	let timer: NodeJS.Timeout | undefined;
	const timeout = new Promise<void>((resolve) => {
		timer = setTimeout(resolve, Math.max(0, deadline - performance.now()));
	});
	await Promise.race([work.catch(() => {}), timeout]);
	clearTimeout(timer);
}
