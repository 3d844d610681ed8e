/**
 * Starts the proxies of deploy/ in front of a server. They run with the files of deploy/. Only ports, paths and the
 * certificate are replaced.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { createServer, type LookupFunction } from "node:net";
import { networkInterfaces } from "node:os";
import { delimiter, join } from "node:path";
import { onTestFinished, type TestContext, vi } from "vitest";
import { WebSocket } from "ws";
import { temporaryDirectory } from "../../../server/test/support/server.ts";
import { type Program, ROOT, start } from "./program.ts";

/** Host name in all files of deploy/. The clients of the tests resolve it to this machine. */
export const NAME = "chat.example.com";
const TIMEOUT_MS = 30_000;
const hasIpv6 = Object.values(networkInterfaces())
	.flat()
	.some((entry) => entry?.family === "IPv6");

const PACKAGES = {
	nginx: "nginx-light",
	caddy: "caddy",
	"systemd-analyze": "systemd",
	openssl: "openssl",
	curl: "curl",
};
const warned = new Set<string>();

/** Skips the test if a program is missing. In CI it fails the test. */
export function needPrograms(
	context: TestContext,
	...names: (keyof typeof PACKAGES)[]
): void {
	const path = `${process.env.PATH}${delimiter}/usr/sbin`.split(delimiter);
	for (const name of names) {
		if (path.some((directory) => existsSync(join(directory, name)))) continue;
		const what = `there is no ${name}: "apt-get install ${PACKAGES[name]}"`;
		if (process.env.CI === "true") throw new Error(what);
		if (!warned.has(name)) console.warn(`skipped: ${what}`);
		warned.add(name);
		context.skip(what);
	}
}

export async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) =>
		server.listen(0, "127.0.0.1", () => resolve()),
	);
	const address = server.address();
	await new Promise((resolve) => server.close(resolve));
	if (typeof address !== "object" || !address) throw new Error("no port");
	return address.port;
}

/** Returns a file of the repository with texts replaced. Throws if the file does not contain one of them. */
export function withReplaced(
	file: string,
	replacements: readonly (readonly [from: string, to: string])[],
): string {
	return replacements.reduce(
		(text, [from, to]) => {
			if (!text.includes(from)) throw new Error(`${file} has no "${from}"`);
			return text.replaceAll(from, to);
		},
		readFileSync(join(ROOT, file), "utf8"),
	);
}

export type ProxyKind = "nginx" | "caddy";

/** Running proxy with TLS for {@link NAME}. */
export class ReverseProxy {
	readonly port: number;
	readonly certificateFile: string;
	readonly #program: Program;
	readonly #logs: readonly string[];
	readonly #ca: Buffer;

	private constructor(
		port: number,
		certificateFile: string,
		program: Program,
		logs: readonly string[],
	) {
		this.port = port;
		this.certificateFile = certificateFile;
		this.#program = program;
		this.#logs = logs;
		this.#ca = readFileSync(certificateFile);
	}

	/**
	 * Starts a proxy and waits until it answers.
	 * @param changes replacements in the proxy's file, besides ports, paths and certificate
	 */
	static async start(
		kind: ProxyKind,
		serverPort: number,
		changes: readonly (readonly [from: string, to: string])[] = [],
	): Promise<ReverseProxy> {
		const directory = temporaryDirectory();
		const [cert, key] = ["fullchain.pem", "privkey.pem"].map((name) =>
			join(directory, name),
		) as [string, string];
		// Hides the progress that openssl prints while it generates the key.
		execFileSync(
			"openssl",
			`req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 2 -subj /CN=${NAME} -addext subjectAltName=DNS:${NAME} -keyout ${key} -out ${cert}`.split(
				" ",
			),
			{ stdio: "pipe" },
		);
		const port = await freePort();
		const proxy =
			kind === "nginx"
				? startNginx(directory, port, serverPort, cert, key, changes)
				: await startCaddy(directory, port, serverPort, cert, key, changes);
		const started = new ReverseProxy(port, cert, proxy.program, proxy.logs);
		await vi.waitFor(
			() =>
				started.ask("GET", "/healthz").catch((error: unknown) => {
					throw new Error(`${kind} does not answer: ${started.logged}`, {
						cause: error,
					});
				}),
			{ timeout: TIMEOUT_MS },
		);
		return started;
	}

	/** Output and log files of the proxy. */
	get logged(): string {
		const { stdout, stderr } = this.#program;
		const files = this.#logs
			.filter((file) => existsSync(file))
			.map((file) => readFileSync(file, "utf8"));
		return [stdout, stderr, ...files].join("\n");
	}

	/**
	 * Sends a request over TLS.
	 * @param name host of the request
	 */
	ask(
		method: string,
		path: string,
		headers: Record<string, string> = {},
		body?: string,
		name = NAME,
	): Promise<{
		status: number;
		headers: NodeJS.Dict<string | string[]>;
		body: string;
	}> {
		return new Promise((resolve, reject) => {
			const asked = request(
				{
					...this.#tls,
					...{ host: name, port: this.port, method, path, headers },
					agent: false,
				},
				(response) => {
					let text = "";
					response.setEncoding("utf8").on("data", (part: string) => {
						text += part;
					});
					response.on("end", () =>
						resolve({
							status: response.statusCode ?? 0,
							headers: response.headers,
							body: text,
						}),
					);
				},
			);
			asked.on("error", reject);
			asked.end(body);
		});
	}

	/** Connects a client over `wss`. */
	connect(
		path: string,
		headers: Record<string, string> = {},
		protocols: string[] = [],
	): Promise<SecureClient> {
		const ws = new WebSocket(`wss://${NAME}:${this.port}${path}`, protocols, {
			...this.#tls,
			headers,
		});
		return SecureClient.opened(ws);
	}

	get #tls(): { ca: Buffer; lookup: LookupFunction } {
		return {
			ca: this.#ca,
			lookup: (_name, { all }, found) => {
				if (all) found(null, [{ address: "127.0.0.1", family: 4 }]);
				else found(null, "127.0.0.1", 4);
			},
		};
	}
}

interface Started {
	readonly program: Program;
	readonly logs: readonly string[];
}

function startNginx(
	directory: string,
	port: number,
	serverPort: number,
	cert: string,
	key: string,
	changes: readonly (readonly [string, string])[],
): Started {
	const logs = ["access.log", "error.log"].map((it) => join(directory, it));
	const text = withReplaced("deploy/nginx.conf", [
		["/run/nginx.pid", join(directory, "nginx.pid")],
		["/var/log/nginx", directory],
		["127.0.0.1:8082", `127.0.0.1:${serverPort}`],
		["/etc/ssl/chat.example.com/fullchain.pem", cert],
		["/etc/ssl/chat.example.com/privkey.pem", key],
		["]:443 ", `]:${port} `],
		["listen 443 ", `listen ${port} `],
		...changes,
	]);
	const file = join(directory, "nginx.conf");
	writeFileSync(
		file,
		hasIpv6 ? text : text.replaceAll(/^\s*listen \[::\].*$/gm, ""),
	);
	const program = start(
		"nginx",
		["-e", "stderr", "-c", file, "-g", "daemon off;"],
		{
			env: { PATH: `${process.env.PATH}${delimiter}/usr/sbin` },
			// A kill of the master alone would leave its workers, which keep its output open: kill the process group.
			detached: true,
		},
	);
	return { program, logs };
}

async function startCaddy(
	directory: string,
	port: number,
	serverPort: number,
	cert: string,
	key: string,
	changes: readonly (readonly [string, string])[],
): Promise<Started> {
	const log = join(directory, "secureconnect.log");
	const file = join(directory, "Caddyfile");
	writeFileSync(
		file,
		withReplaced("deploy/Caddyfile", [
			// Port on which Caddy redirects plain HTTP to TLS.
			["admin off\n", `admin off\n\thttp_port ${await freePort()}\n`],
			[
				"\nchat.example.com {",
				`\nhttps://${NAME}:${port} {\n\ttls ${cert} ${key}`,
			],
			["/var/log/caddy/secureconnect.log", log],
			["127.0.0.1:8082", `127.0.0.1:${serverPort}`],
			...changes,
		]),
	);
	const program = start(
		"caddy",
		["run", "--config", file, "--adapter", "caddyfile"],
		{
			env: {
				HOME: directory,
				XDG_DATA_HOME: directory,
				XDG_CONFIG_HOME: directory,
			},
		},
	);
	return { program, logs: [log] };
}

type Frame = { readonly type: string } & Record<string, unknown>;

/** Plain `ws` client that records the received frames. */
export class SecureClient {
	readonly ws: WebSocket;
	readonly frames: Frame[] = [];
	pings = 0;
	readonly closed: Promise<{ code: number; reason: string }>;

	private constructor(ws: WebSocket) {
		this.ws = ws;
		ws.on("message", (data) =>
			this.frames.push(JSON.parse(String(data)) as Frame),
		);
		ws.on("ping", () => this.pings++);
		this.closed = new Promise((resolve) => {
			ws.once("close", (code, reason) =>
				resolve({ code, reason: String(reason) }),
			);
		});
	}

	/** Waits until the client is open. Rejects if the handshake is refused, with the status in the error's message. */
	static async opened(ws: WebSocket): Promise<SecureClient> {
		const client = new SecureClient(ws);
		onTestFinished(() => ws.terminate());
		await new Promise<void>((resolve, reject) => {
			ws.once("open", resolve);
			ws.once("error", reject);
		});
		ws.on("error", () => {});
		return client;
	}

	/** Resolves with the first frame of a type that has these fields, whether it has arrived or is still to come. */
	async got(
		type: string,
		fields: Record<string, unknown> = {},
	): Promise<Frame> {
		return vi.waitFor(
			() => {
				const found = this.frames.find(
					(frame) =>
						frame.type === type &&
						Object.entries(fields).every(([name, it]) => frame[name] === it),
				);
				if (!found)
					throw new Error(
						`no ${type} among ${JSON.stringify(this.frames.map((it) => it.type))}`,
					);
				return found;
			},
			{ timeout: TIMEOUT_MS },
		);
	}

	send(frame: Record<string, unknown>): void {
		this.ws.send(JSON.stringify(frame));
	}
}
