/** Hooks and their sockets, counted by a server in a separate process. */
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import {
	useConnectionState,
	useConversation,
	useMessages,
	usePresence,
	useReceipts,
	useTyping,
} from "@secureconnect/react";
import { expect, test } from "vitest";
import { start } from "../../cli/test/support/program.ts";
import {
	connect,
	type ServerProcess,
	startServe,
} from "../../cli/test/support/server-process.ts";
import { clientOf } from "../../client/test/support/client.ts";
import { Relay } from "../../client/test/support/relay.ts";
import { say } from "../../server/test/support/chat.ts";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { token } from "../../server/test/support/token.ts";
import { contents, numbered } from "./support/items.ts";
import { probe, render, until } from "./support/render.ts";

const serve = (data = temporaryDirectory()): Promise<ServerProcess> =>
	startServe(data, ["--conversations", "open", "--admin-port", "0"]);

/** Returns the number of WebSockets that the server has open. */
async function open({ adminPort }: ServerProcess): Promise<number> {
	const metrics = await fetch(`http://127.0.0.1:${adminPort}/metrics`);
	const [, count] =
		/^secureconnect_connections (\d+)$/m.exec(await metrics.text()) ?? [];
	return Number(count);
}

/** Counts the requested WebSockets. */
const asked = ({ seen }: Relay): number =>
	seen.match(/^upgrade: websocket/gim)?.length ?? 0;

/** Returns a component that uses every hook of a conversation. */
function everything(): ReturnType<
	typeof probe<{ id: string }, ReturnType<typeof useMessages>>
> {
	return probe(({ id }) => {
		useConversation(id);
		useConnectionState(id);
		usePresence(id);
		useTyping(id);
		useReceipts(id);
		return useMessages(id);
	});
}

test("in StrictMode, many hooks and components share one socket, which a new id keeps", async () => {
	const server = await serve();
	const relay = await Relay.start(server.port);
	const [alice, bob, lunch, dinner] = [
		randomUUID(),
		randomUUID(),
		randomUUID(),
		randomUUID(),
	];
	for (const id of [lunch, dinner])
		await say(await connect(server, id, bob), id);
	const [a, b] = [everything(), everything()];
	const client = clientOf(server, alice, { url: relay.url });
	const draw = (id: string) => (
		<>
			<a.Component id={id} />
			<b.Component id={id} />
		</>
	);
	const { show, unmount } = render({ client }, draw(lunch));
	for (const { last } of [a, b]) expect(last.items).toEqual([]);
	await until(() => contents(a.last.items)).toEqual([lunch]);
	// All components of a conversation receive the same object.
	expect(b.last.items).toBe(a.last.items);
	expect([asked(relay), await open(server)]).toEqual([1, 3]);

	const ofLunch = a.last;
	show(draw(dinner));
	// At once: entries of the other conversation never appear under this id.
	expect(a.last.items).toEqual([]);
	expect(() => ofLunch.send("too late")).toThrow(
		expect.objectContaining({ code: "closed" }),
	);
	await until(() => contents(b.last.items)).toEqual([dinner]);
	await until(() => open(server)).toBe(3);
	expect(asked(relay)).toBe(1);

	unmount();
	await until(() => open(server)).toBe(2);
	expect(asked(relay)).toBe(1);
});

test("the connection stays open when one component unmounts and the next mounts", async () => {
	const server = await serve();
	const relay = await Relay.start(server.port);
	const id = randomUUID();
	const [a, b] = [everything(), everything()];
	const client = clientOf(server, randomUUID(), { url: relay.url });
	const { show } = render({ client }, <a.Component id={id} />);
	await a.all[0]?.send("m1").acknowledged;
	await until(() => contents(a.last.items)).toEqual(numbered(1, 1));
	show(<b.Component id={id} />);
	await until(() => contents(b.last.items)).toEqual(numbered(1, 1));
	// The function of the first render still works after later renders.
	await b.all[0]?.send("m2").acknowledged;
	await until(() => contents(b.last.items)).toEqual(numbered(1, 2));
	expect(asked(relay)).toBe(1);
	expect(await open(server)).toBe(1);
});

test("a program that mounts and unmounts everything ends by itself: no socket, timer or listener remains", async () => {
	const server = await serve();
	const program = start(process.execPath, [
		"--conditions=source",
		fileURLToPath(new URL("support/draw-and-leave.ts", import.meta.url)),
		`http://${server.address}`,
		await token(randomUUID()),
	]);
	expect(await program.ending(30_000), program.stderr).toMatchObject({
		code: 0,
	});
	expect(program.lines).toEqual(["shown: Hello", "listeners left: 0"]);
	expect(program.stderr).toBe("");
	await until(() => open(server)).toBe(0);
});

test("a server killed with kill -9 in mid-conversation stores pending messages once, in order, and a reload shows the same", async () => {
	const data = temporaryDirectory();
	let server = await serve(data);
	const relay = await Relay.start(server.port);
	const [alice, id] = [randomUUID(), randomUUID()];
	const page = everything();
	const client = clientOf(server, alice, { url: relay.url });
	const { unmount } = render({ client }, <page.Component id={id} />);
	for (let i = 1; i <= 5; i++) page.last.send(`m${i}`);
	await until(() => contents(page.last.items)).toEqual(numbered(1, 5));
	for (let i = 6; i <= 20; i++) page.last.send(`m${i}`);
	await server.program.killHard();
	for (let i = 21; i <= 30; i++) page.last.send(`m${i}`);
	await until(() => contents(page.last.items)).toEqual(numbered(1, 30));
	server = await serve(data);
	relay.target = server.port;
	await until(() => page.last.items.filter(({ seq }) => seq > 0).length).toBe(
		30,
	);
	const keys = page.last.items.map(({ key }) => key);
	unmount();
	client.close();

	const reloaded = everything();
	render({ client: clientOf(server, alice) }, <reloaded.Component id={id} />);
	await until(() => contents(reloaded.last.items)).toEqual(numbered(1, 30));
	expect(reloaded.last.items.map(({ key }) => key)).toEqual(keys);
});
