/** Answers to a peer that sends further requests before it has an answer. */
import { randomUUID } from "node:crypto";
import { connect, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { bearer, createConversation } from "./support/http.ts";
import { startTestServer, type TestServer } from "./support/server.ts";

/** Opens a socket and collects the bytes received until it is closed. */
function open(server: TestServer): { socket: Socket; text: () => string } {
	let text = "";
	const socket = connect(server.port, "127.0.0.1");
	socket.setEncoding("latin1");
	socket.on("data", (chunk: string) => {
		text += chunk;
	});
	socket.on("error", () => {});
	onTestFinished(() => void socket.destroy());
	return { socket, text: () => text };
}

const count = (text: string, part: string): number =>
	text.split(part).length - 1;

test("[RS-31] pipelined requests are answered in order, and the 18th is dropped: the answer before it closes the connection", async () => {
	const server = await startTestServer();
	const user = randomUUID();
	const id = await createConversation(server, user);
	const { Authorization } = await bearer(user);
	const ask = (path: string): string =>
		`GET ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: ${Authorization}\r\n\r\n`;
	const few = open(server);
	few.socket.write(
		`${ask("/healthz")}${ask(`/v1/conversations/${id}`)}${ask("/v1/nothing")}${ask("/readyz")}`,
	);
	await expect.poll(few.text).toContain('{"status":"ready"}');
	expect(few.text().match(/HTTP\/1\.1 \d+/g)).toEqual([
		"HTTP/1.1 200",
		"HTTP/1.1 200",
		"HTTP/1.1 404",
		"HTTP/1.1 200",
	]);
	// The connection continues as before.
	few.socket.write(ask("/v1/conversations"));
	await expect.poll(few.text).toContain('"conversations":');

	const many = open(server);
	const closed = new Promise((resolve) => many.socket.once("close", resolve));
	many.socket.write(ask(`/v1/conversations/${id}`).repeat(100));
	await closed;
	expect(count(many.text(), "HTTP/1.1 200")).toBe(17);
	expect(count(many.text(), "Connection: close")).toBe(1);
	expect(many.text().lastIndexOf("Connection: close")).toBeGreaterThan(
		many.text().lastIndexOf("HTTP/1.1 200"),
	);
});

test("the body of a pipelined request arrives complete", async () => {
	const server = await startTestServer();
	const user = randomUUID();
	const id = await createConversation(server, user);
	const { Authorization } = await bearer(user);
	const body = JSON.stringify({ content: "x".repeat(900_000) });
	const head = `Host: a\r\nAuthorization: ${Authorization}\r\n`;
	const page = `GET /v1/conversations/${id}/messages HTTP/1.1\r\n${head}\r\n`;
	const send = `POST /v1/conversations/${id}/messages HTTP/1.1\r\n${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
	const { socket, text } = open(server);
	socket.write(page + send + send + page);
	await expect.poll(() => count(text(), '"next":')).toBe(2);
	expect(count(text(), "HTTP/1.1 201")).toBe(2);
});

test("a handshake after unanswered requests is cut", async () => {
	const server = await startTestServer();
	const user = randomUUID();
	const { Authorization } = await bearer(user);
	const head = `Host: a\r\nAuthorization: ${Authorization}\r\n`;
	const { socket, text } = open(server);
	const closed = new Promise((resolve) => socket.once("close", resolve));
	socket.write(
		`GET /v1/conversations HTTP/1.1\r\n${head}\r\nGET /v1/ws/chat?conversation_id=${randomUUID()} HTTP/1.1\r\n${head}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
	);
	await closed;
	expect(text()).not.toContain("101");
});
