/** Bare `ws`: `send()` per client, without storage and without tokens. */
import { WebSocket, WebSocketServer } from "ws";

const rooms = new Map();
const server = new WebSocketServer(
	{
		port: 0,
		host: "127.0.0.1",
		backlog: 4096,
		perMessageDeflate: process.argv.includes("deflate"),
	},
	() => console.log(`{"port":${server.address().port}}`),
);
server.on("connection", (socket, request) => {
	const name = new URL(request.url, "http://localhost").searchParams.get(
		"room",
	);
	let room = rooms.get(name);
	if (!room) {
		room = new Set();
		rooms.set(name, room);
	}
	room.add(socket);
	socket.on("close", () => room.delete(socket));
	socket.on("error", () => {});
	socket.on("message", (data, isBinary) => {
		for (const client of room)
			if (client.readyState === WebSocket.OPEN)
				client.send(data, { binary: isBinary });
	});
});
