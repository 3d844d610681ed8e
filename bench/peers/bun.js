/** Bun's native publish (uWebSockets), without storage and without tokens. */
const server = Bun.serve({
	port: 0,
	hostname: "127.0.0.1",
	fetch(request, self) {
		const room = new URL(request.url).searchParams.get("room");
		return self.upgrade(request, { data: { room } })
			? undefined
			: new Response("no WebSocket", { status: 426 });
	},
	websocket: {
		perMessageDeflate: process.argv.includes("deflate"),
		open: (socket) => socket.subscribe(socket.data.room),
		message: (socket, message) => server.publish(socket.data.room, message),
	},
});
console.log(`{"port":${server.port}}`);
