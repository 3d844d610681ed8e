/**
 * Floor: raw TCP sockets that relay finished frames to all clients in the sender's room, without JSON, tokens, storage
 * or order. All frames for a room in one turn of the event loop go out in one write, as in this server.
 */
import { createServer } from "node:net";

const rooms = new Map();
const dirty = new Set();

const server = createServer({ noDelay: true }, (socket) => {
	let room;
	let rest = Buffer.alloc(0);
	socket.on("error", () => {});
	socket.on("close", () => room?.sockets.delete(socket));
	socket.on("data", (chunk) => {
		let data = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
		if (!room) {
			const end = data.indexOf("\r\n\r\n");
			if (end === -1) {
				rest = data;
				return;
			}
			room = roomOf(/[?&]room=(\w+)/.exec(data.toString("latin1"))?.[1]);
			room.sockets.add(socket);
			socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
			data = data.subarray(end + 4);
		}
		const whole = wholeFrames(data);
		rest = data.subarray(whole);
		if (whole === 0) return;
		room.due.push(data.subarray(0, whole));
		if (dirty.size === 0) setImmediate(flush);
		dirty.add(room);
	});
});

function roomOf(name) {
	let room = rooms.get(name);
	if (!room) {
		room = { sockets: new Set(), due: [] };
		rooms.set(name, room);
	}
	return room;
}

function flush() {
	for (const room of dirty) {
		const bytes = room.due.length === 1 ? room.due[0] : Buffer.concat(room.due);
		room.due = [];
		for (const socket of room.sockets) socket.write(bytes);
	}
	dirty.clear();
}

/** Returns the end of the last whole frame. Frames arrive unmasked and go out unchanged. */
function wholeFrames(data) {
	let end = 0;
	while (data.length - end >= 4) {
		const short = data[end + 1];
		const length = short === 126 ? 4 + data.readUInt16BE(end + 2) : 2 + short;
		if (data.length - end < length) break;
		end += length;
	}
	return end;
}

server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () =>
	console.log(`{"port":${server.address().port}}`),
);
