import { hash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { SUBPROTOCOL } from "@secureconnect/protocol";

/** Constant of RFC 6455, section 1.3. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/**
 * Builds the answer to an accepted handshake (RFC 6455, section 4.2.2).
 * @param v1 whether the client offers the subprotocol, which the server then selects
 * @param extensions negotiated extensions
 */
export function openingAnswer(
	{ headers }: IncomingMessage,
	v1: boolean,
	extensions: string | undefined,
): string {
	const accept = hash(
		"sha1",
		`${headers["sec-websocket-key"]}${GUID}`,
		"base64",
	);
	return [
		"HTTP/1.1 101 Switching Protocols",
		"Upgrade: websocket",
		"Connection: Upgrade",
		`Sec-WebSocket-Accept: ${accept}`,
		...(v1 ? [`Sec-WebSocket-Protocol: ${SUBPROTOCOL}`] : []),
		...(extensions ? [`Sec-WebSocket-Extensions: ${extensions}`] : []),
		"\r\n",
	].join("\r\n");
}
