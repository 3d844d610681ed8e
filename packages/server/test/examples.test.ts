import {
	parseClientFrame,
	ServerFrames,
	SUBPROTOCOL,
} from "@secureconnect/protocol";
import { expect, test } from "vitest";
import type { TestClient } from "./support/client.ts";
import { startTestServer, type TestServer } from "./support/server.ts";
import { expectShape } from "./support/shape.ts";
import { token } from "./support/token.ts";
import {
	Bindings,
	type Frame,
	type Step,
	type Transcript,
	transcripts,
} from "./support/transcript.ts";

const NEW_TOKEN = "a new token of ";

/** Position of each connection in the frames that it received. */
interface Played {
	readonly client: TestClient;
	read: number;
}

test.each(transcripts())(
	"[FR-2] the server behaves as in $name",
	async (transcript) => {
		const server = await startTestServer({ policy: "members" });
		const { conversation_id, users } = transcript;
		const [owner = "", ...others] = Object.values(users).map((u) => u.user_id);
		await server.rest("POST", "/v1/conversations", owner, {
			conversation_id,
			participant_ids: others,
		});
		const bindings = new Bindings();
		const playing = new Map<string, Played>();
		for (const step of transcript.steps)
			await play(server, transcript, playing, bindings, step);
		for (const { client, read } of playing.values())
			expect(client.frames.slice(read), "frames that are not written").toEqual(
				[],
			);
	},
);

test.each(transcripts())("every frame of $name is valid", ({ steps }) => {
	for (const step of steps) {
		if ("receives" in step) expectFrame(step.receives);
		if ("sends" in step && typeof step.sends.type === "string") {
			const refused = steps[steps.indexOf(step) + 1];
			const valid = parseClientFrame(JSON.stringify(step.sends), true).ok;
			const expected =
				refused &&
				"receives" in refused &&
				["invalid_frame", "unknown_type"].includes(
					String(refused.receives.code),
				);
			expect(valid, JSON.stringify(step.sends)).toBe(!expected);
		}
	}
});

async function play(
	server: TestServer,
	{ conversation_id, users }: Transcript,
	playing: Map<string, Played>,
	bindings: Bindings,
	step: Step,
): Promise<void> {
	if ("note" in step) return;
	const user = users[step.as];
	if (!user) throw new Error(`no user ${step.as}`);
	const fresh = () => token(user.user_id, { name: user.name });
	if ("connects" in step) {
		const { query = {}, protocols = [] } = step.connects;
		const client = await server.connect(conversation_id, user.user_id, {
			query: bindings.write(query),
			protocols: [...protocols],
			token: await fresh(),
		});
		expect(client.ws.protocol).toBe(
			protocols.includes(SUBPROTOCOL) ? SUBPROTOCOL : "",
		);
		playing.set(step.as, { client, read: 0 });
		return;
	}
	if ("asks" in step) {
		const { method, path, body } = step.asks;
		const { status } = await server.rest(method, path, user.user_id, body);
		expect(status).toBe(step.status);
		return;
	}
	const played = playing.get(step.as);
	if (!played) throw new Error(`${step.as} is not connected`);
	const { client } = played;
	if ("sends" in step) {
		const frame: Frame = bindings.write(step.sends);
		const renews = String(frame.access_token).startsWith(NEW_TOKEN);
		client.send(renews ? { ...frame, access_token: await fresh() } : frame);
	} else if ("sends_text" in step) client.send(step.sends_text);
	else if ("closes" in step) {
		expect((await client.close(step.closes.code)).code).toBe(step.closes.code);
		playing.delete(step.as);
	} else if ("closed" in step) {
		expect(await client.closed).toEqual(step.closed);
		playing.delete(step.as);
	} else if ("breaks" in step) {
		client.ws.terminate();
		await client.closed;
		playing.delete(step.as);
	} else {
		const place = played.read++;
		await client.until(
			() => client.frames.length > place,
			JSON.stringify(step.receives),
		);
		const actual = client.frames[place];
		expectFrame(actual ?? {});
		const seen = bindings.read(actual, step.receives);
		expect(seen).toEqual(step.receives);
		// Plain clients must not rely on the order of fields. The test checks it because people read the frames.
		expect(Object.keys(actual ?? {})).toEqual(Object.keys(step.receives));
	}
}

function expectFrame(frame: Frame): void {
	const type = String(frame.type) as keyof typeof ServerFrames;
	expect(Object.keys(ServerFrames)).toContain(type);
	expectShape(ServerFrames[type], frame);
}
