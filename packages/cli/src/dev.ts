import { resolve, sep } from "node:path";
import {
	type LocalAnswer,
	StartupError,
	secretKey,
	type WebPage,
} from "@secureconnect/server";
import { chatPage } from "./chat-page.ts";
import { devPages } from "./dev-pages.ts";
import {
	CONVERSATION_ID,
	type DevUser,
	makeFirstConversation,
	PEOPLE,
	signIn,
} from "./dev-people.ts";
import { devScreen } from "./dev-screen.ts";
import { createLog } from "./log.ts";
import { mintToken } from "./mint.ts";
import { run } from "./run.ts";
import { readOrMakeSecret } from "./secret-file.ts";
import { serverOptions } from "./server-options.ts";
import { SETTINGS, type Settings } from "./settings.ts";

const TOKEN_TTL_MS = 24 * 3_600_000;
/** Variables that `chat` and `token` read too, each in its own terminal. */
const SIGNING = [
	SETTINGS.jwtSecret.env,
	SETTINGS.jwtIssuer.env,
	SETTINGS.jwtAudience.env,
];

/** Runs `secureconnect dev`: a server that needs no configuration. */
export async function dev(settings: Settings): Promise<void> {
	if (settings.jwtPublicKey !== undefined)
		throw new StartupError(
			'dev signs tokens with a secret and cannot use a public key: unset SECURECONNECT_JWT_PUBLIC_KEY, or use "secureconnect serve"',
		);
	const secret = settings.jwtSecret ?? readOrMakeSecret(settings.data);
	const options = serverOptions("dev", settings, await secretKey(secret));
	const log = createLog(settings);
	const mint = ({ userId, name }: DevUser): Promise<string> =>
		mintToken(secret, {
			userId,
			name,
			ttlMs: TOKEN_TTL_MS,
			issuer: settings.jwtIssuer,
			audience: settings.jwtAudience,
		});
	// Behind a proxy every request comes from this machine, so the server gives no tokens over HTTP.
	const isLocal = !settings.behindProxy;
	const page = settings.page
		? chatPage(isLocal ? "dev" : "serve")
		: new Map<string, WebPage>();
	const answers: [string, LocalAnswer][] = isLocal
		? [["/dev/sign-in", signIn(mint)]]
		: [];
	await run(
		{
			...options,
			pages: new Map([...devPages(isLocal), ...(page ?? [])]),
			localAnswers: new Map(answers),
			log,
		},
		async ({ port }) => {
			const [alice, bob] = PEOPLE;
			const tokens = await Promise.all([alice, bob].map(mint));
			const host =
				options.host === "loopback" ? "127.0.0.1" : inUrl(options.host);
			await makeFirstConversation(`http://${host}:${port}`, tokens[0] ?? "");
			console.log(
				devScreen({
					host: inUrl(settings.host ?? "localhost"),
					port,
					data: namedFrom(process.env.INIT_CWD, settings.data),
					page: page === undefined ? "missing" : settings.page ? "on" : "off",
					conversationId: CONVERSATION_ID,
					users: [alice, bob].map((user, i) => ({
						...user,
						token: tokens[i] ?? "",
					})),
					variables: SIGNING.filter((name) => process.env[name] !== undefined),
				}),
			);
		},
	);
}

function inUrl(host: string): string {
	return host.includes(":") ? `[${host}]` : host;
}

/**
 * Returns the data directory as the printed lines name it. npm runs scripts in the directory of package.json, but the
 * user pastes the lines where npm was started, which may be a directory below. A directory elsewhere belongs to an
 * outer npm process.
 */
function namedFrom(directory: string | undefined, data: string): string {
	const isBelow = directory?.startsWith(process.cwd() + sep) ?? false;
	return isBelow ? resolve(data) : data;
}
