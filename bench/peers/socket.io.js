/** Socket.IO 4 with rooms as in its documentation: joins on connection, then `io.to(room).emit()`. */
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { transports: ["websocket"] });
io.on("connection", (socket) => {
	const { room } = socket.handshake.query;
	void socket.join(room);
	socket.on("chat", (message) => io.to(room).emit("chat", message));
});
http.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () =>
	console.log(`{"port":${http.address().port}}`),
);
