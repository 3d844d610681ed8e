/** The peer: a bare `ws` broadcast, one `send()` per client, nothing stored and nobody checked. */
import { WebSocket, WebSocketServer } from "ws";

const server = new WebSocketServer(
	{ port: 0, host: "127.0.0.1", perMessageDeflate: false },
	() => {
		const address = server.address();
		console.log(typeof address === "object" ? address?.port : "");
	},
);
server.on("connection", (socket) => {
	socket.on("message", (data) => {
		const text = data.toString();
		for (const client of server.clients)
			if (client.readyState === WebSocket.OPEN) client.send(text);
	});
});
