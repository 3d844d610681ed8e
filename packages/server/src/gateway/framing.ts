/**
 * JSON text as one unmasked WebSocket text frame (RFC 6455, section 5.2), ready for any number of sockets. Servers do
 * not mask, so the same bytes serve everyone.
 */
export function textFrame(json: string): Buffer {
	const length = Buffer.byteLength(json);
	const headerLength = length < 126 ? 2 : length < 65_536 ? 4 : 10;
	const frame = Buffer.allocUnsafe(headerLength + length);
	frame[0] = 0x81;
	if (headerLength === 2) frame[1] = length;
	else if (headerLength === 4) {
		frame[1] = 126;
		frame.writeUInt16BE(length, 2);
	} else {
		frame[1] = 127;
		frame.writeUInt32BE(0, 2);
		frame.writeUInt32BE(length, 6);
	}
	frame.write(json, headerLength);
	return frame;
}
