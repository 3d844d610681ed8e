/** Generated from spec/protocol.md: `npm run docs`. */

export type Level = "seed" | "durable" | "v1";

export interface Rule {
	readonly level: Level;
	readonly text: string;
	/** Where to read it. */
	readonly link: string;
}

export const RULES = {
	"HS-1": {
		level: "seed",
		text: "A WebSocket handshake with a good token and a conversation of its user's is accepted, without any subprotocol.",
		link: "spec/protocol.md#handshake",
	},
	"HS-2": {
		level: "seed",
		text: 'Without `conversation_id` the answer is 400 `{"error": "conversation_id required"}`.',
		link: "spec/protocol.md#handshake",
	},
	"HS-3": {
		level: "seed",
		text: 'A token that is missing, forged or expired is answered by 401 `{"error": "unauthorized"}`.',
		link: "spec/protocol.md#handshake",
	},
	"HS-4": {
		level: "durable",
		text: "That 401 has the header `WWW-Authenticate: Bearer`.",
		link: "spec/protocol.md#handshake",
	},
	"HS-5": {
		level: "durable",
		text: 'A `conversation_id` that is not a UUID in its 36-character form, or is the nil UUID, is answered by 400 `{"error": "invalid conversation_id"}`.',
		link: "spec/protocol.md#handshake",
	},
	"HS-6": {
		level: "durable",
		text: "UUIDs are taken in any case, are the same in any case, and are given in lower case.",
		link: "spec/protocol.md#handshake",
	},
	"HS-7": {
		level: "durable",
		text: 'A good token whose user id is missing or no UUID is answered by 500 `{"error": "invalid user_id"}`.',
		link: "spec/protocol.md#handshake",
	},
	"HS-8": {
		level: "durable",
		text: 'Who is not a participant gets 403 `{"error": "not a participant"}`.',
		link: "spec/protocol.md#handshake",
	},
	"HS-9": {
		level: "durable",
		text: "Where only participants connect, a conversation that does not exist is answered byte for byte as one whose participant the user is not.",
		link: "spec/protocol.md#handshake",
	},
	"HS-10": {
		level: "durable",
		text: 'What is not a WebSocket handshake of version 13 is answered by 426 `{"error": "upgrade required"}` with `Upgrade: websocket` and `Sec-WebSocket-Version: 13`, and creates nothing.',
		link: "spec/protocol.md#handshake",
	},
	"HS-11": {
		level: "durable",
		text: 'An `Origin` that is not allowed is answered by 403 `{"error": "origin not allowed"}`. A request without one is allowed.',
		link: "spec/protocol.md#handshake",
	},
	"HS-12": {
		level: "durable",
		text: 'A server that is full or stopping answers 503 `{"error": "unavailable"}` with `Retry-After`.',
		link: "spec/protocol.md#handshake",
	},
	"HS-13": {
		level: "durable",
		text: "The checks come in this order, for a handshake and for a plain GET alike, and the first that fails answers: origin (HS-11), room (HS-12), token (HS-3), user id (HS-7), `conversation_id` given (HS-2), well-formed (HS-5), `device_id` (DC-7), participant (HS-8), WebSocket (HS-10).",
		link: "spec/protocol.md#handshake",
	},
	"HS-14": {
		level: "durable",
		text: "A refusal is a JSON object with `error`, as `application/json`, and its socket is closed.",
		link: "spec/protocol.md#handshake",
	},
	"HS-15": {
		level: "durable",
		text: "Policy `members`: only participants connect. Policy `open`: connecting creates the conversation where there is none and makes the user a participant, unless somebody removed that user.",
		link: "spec/protocol.md#handshake",
	},
	"HS-16": {
		level: "durable",
		text: "A web page cannot see why its handshake was refused. A plain GET of the same URL, with the token in the header, tells it: for allowed origins that answer has the CORS headers of RS-15, and its `Retry-After` can be read.",
		link: "spec/protocol.md#handshake",
	},
	"TK-1": {
		level: "seed",
		text: "The token is taken from `Authorization: Bearer`.",
		link: "spec/protocol.md#tokens",
	},
	"TK-2": {
		level: "seed",
		text: "The token is taken from the query's `access_token`.",
		link: "spec/protocol.md#tokens",
	},
	"TK-3": {
		level: "v1",
		text: "The token is taken from the subprotocol entry `bearer.<token>`, beside `secureconnect.v1` and never without it, and that entry is not echoed.",
		link: "spec/protocol.md#tokens",
	},
	"TK-4": {
		level: "durable",
		text: "Header, then subprotocol, then query: the first that is there counts, even where a later one would be good.",
		link: "spec/protocol.md#tokens",
	},
	"TK-5": {
		level: "durable",
		text: "The user is the claim `user_id`, or else `sub`.",
		link: "spec/protocol.md#tokens",
	},
	"TK-6": {
		level: "durable",
		text: "`exp` is required. A token before its `nbf`, of another issuer or audience than the server's, or that calls itself a refresh token, is refused as in HS-3.",
		link: "spec/protocol.md#tokens",
	},
	"TK-7": {
		level: "durable",
		text: "Only the algorithms of the server's own key are taken, and never `none`.",
		link: "spec/protocol.md#tokens",
	},
	"TK-8": {
		level: "durable",
		text: "When the token expires while the connection is open, the connection is closed with 1008 `token expired`.",
		link: "spec/protocol.md#tokens",
	},
	"TK-9": {
		level: "durable",
		text: "No token is ever written to a log or into an answer.",
		link: "spec/protocol.md#tokens",
	},
	"TK-10": {
		level: "durable",
		text: "The claim `name`, where it is text of 1 to 128 characters, is shown to the conversation beside the user's id.",
		link: "spec/protocol.md#tokens",
	},
	"TK-11": {
		level: "durable",
		text: "The participants of RS-7 have the name of the user's newest token, by `iat` where both say it: a token that opened a connection, came with a REST request of the right form (also one that is then refused), or renewed a connection (V1-4), which brings the name to presence too. While nothing can be stored, the next token tells it again.",
		link: "spec/protocol.md#tokens",
	},
	"FR-1": {
		level: "seed",
		text: "Every message from the server is one JSON object in a text frame, with `type` and `timestamp`, both strings.",
		link: "spec/protocol.md#frames",
	},
	"FR-2": {
		level: "durable",
		text: "Every frame has the shape that the schemas give it, and times are RFC 3339 in UTC with milliseconds.",
		link: "spec/protocol.md#frames",
	},
	"FR-3": {
		level: "seed",
		text: "A frame of a type that clients may not send is never relayed.",
		link: "spec/protocol.md#frames",
	},
	"FR-4": {
		level: "durable",
		text: "What is not JSON, or not an object, gets an `error` `invalid_json`; what has no type that a client may send, `unknown_type`; what breaks its schema or a limit, `invalid_frame`. It changes nothing, and the connection stays open.",
		link: "spec/protocol.md#frames",
	},
	"FR-5": {
		level: "durable",
		text: "Unknown fields are ignored.",
		link: "spec/protocol.md#frames",
	},
	"FR-6": {
		level: "durable",
		text: "A message of up to 1 MiB, or what the server has set, is taken; a longer one is answered by 1009.",
		link: "spec/protocol.md#frames",
	},
	"FR-7": {
		level: "durable",
		text: "A binary message is answered by 1003.",
		link: "spec/protocol.md#frames",
	},
	"FR-8": {
		level: "durable",
		text: "Text that is not UTF-8 is answered by 1007.",
		link: "spec/protocol.md#frames",
	},
	"FR-9": {
		level: "durable",
		text: "Limits: JSON nested 16 deep, `metadata` 16,384 bytes as JSON, `message_type` 64 characters.",
		link: "spec/protocol.md#frames",
	},
	"FR-10": {
		level: "durable",
		text: "JSON that no store could give back unchanged is refused: U+0000, unpaired surrogates, numbers beyond a double, integers beyond 2^53 - 1 that a double would round, small numbers that it would turn into 0, `__proto__` as a name. -0 is stored as 0.",
		link: "spec/protocol.md#frames",
	},
	"FR-11": {
		level: "durable",
		text: "The twentieth frame within 60 s that FR-4 refuses is answered, and closes its connection with 1008 `too many invalid frames`.",
		link: "spec/protocol.md#frames",
	},
	"FR-12": {
		level: "durable",
		text: "A frame of another type than `chat` with more than 16,384 characters gets `error` `invalid_frame`, and FR-11 counts it.",
		link: "spec/protocol.md#frames",
	},
	"FR-13": {
		level: "durable",
		text: "A frame with more than 65,536 characters outside its JSON strings, quotes counted, gets `error` `invalid_frame` without a `client_message_id`, since the server does not parse it. FR-11 counts it.",
		link: "spec/protocol.md#frames",
	},
	"FR-14": {
		level: "durable",
		text: "The server may answer several pings by one pong that carries the payload of the newest (RFC 6455, section 5.5.3).",
		link: "spec/protocol.md#frames",
	},
	"FR-15": {
		level: "durable",
		text: "A message of which no byte arrives for 30 s, or that arrives at less than 1 KiB/s on average once it is older than 60 s, closes its connection with 1008 `a message took too long`. Time in which the server does not read does not count.",
		link: "spec/protocol.md#frames",
	},
	"CO-1": {
		level: "durable",
		text: "Who offers `permessage-deflate` gets it with `server_no_context_takeover` and `client_no_context_takeover`, and who does not offer it gets no compressed frame. No other extension is taken.",
		link: "spec/protocol.md#compression",
	},
	"CO-2": {
		level: "durable",
		text: "An offer that needs a server's window smaller than 32 KiB, or that is malformed, is declined: the handshake succeeds, with the next offer or without compression.",
		link: "spec/protocol.md#compression",
	},
	"CO-3": {
		level: "durable",
		text: "Only frames whose JSON is longer than 1 KiB are compressed, and each can be inflated by itself.",
		link: "spec/protocol.md#compression",
	},
	"CO-4": {
		level: "durable",
		text: "Compressed messages are taken from who agreed to it, and the limit of FR-6 is one of the inflated message.",
		link: "spec/protocol.md#compression",
	},
	"CO-5": {
		level: "durable",
		text: "The server inflates a message when all of it has arrived. Data that cannot be inflated is answered by 1007.",
		link: "spec/protocol.md#compression",
	},
	"CH-1": {
		level: "seed",
		text: "A chat frame from the server has `type`, `conversation_id`, `sender_id`, `message_id`, `content`, `is_encrypted`, `message_type`, `metadata` and `timestamp`, and reaches every connection of the conversation, the sender's own included.",
		link: "spec/protocol.md#chat-messages",
	},
	"CH-2": {
		level: "seed",
		text: "`content`, `is_encrypted`, `message_type` and `metadata` are relayed as they were sent.",
		link: "spec/protocol.md#chat-messages",
	},
	"CH-3": {
		level: "seed",
		text: 'Where they were left out, `is_encrypted` is `false`, `message_type` is `"text"` and `metadata` is `{}`; an empty `metadata` is relayed as one.',
		link: "spec/protocol.md#chat-messages",
	},
	"CH-4": {
		level: "seed",
		text: "Ids, sender and time are the server's, whatever the client says of them.",
		link: "spec/protocol.md#chat-messages",
	},
	"CH-5": {
		level: "seed",
		text: "`message_id` is a UUID, and no two messages share one.",
		link: "spec/protocol.md#chat-messages",
	},
	"CH-6": {
		level: "seed",
		text: "A message reaches no connection of another conversation.",
		link: "spec/protocol.md#chat-messages",
	},
	"CH-7": {
		level: "durable",
		text: "`message_id` is of version 7.",
		link: "spec/protocol.md#chat-messages",
	},
	"CH-8": {
		level: "durable",
		text: "`content` is required and must be a string, which may be empty.",
		link: "spec/protocol.md#chat-messages",
	},
	"CH-9": {
		level: "durable",
		text: "The chat frame has `seq` and, where the sender gave one, `client_message_id`; every connection gets the same frame.",
		link: "spec/protocol.md#chat-messages",
	},
	"CH-10": {
		level: "durable",
		text: "The sender's own copy is its acknowledgement: by then the message is in the history, and on disk.",
		link: "spec/protocol.md#chat-messages",
	},
	"OR-1": {
		level: "durable",
		text: "`seq` numbers a conversation's entries from 1 without gaps, and every connection gets every entry from where it joined on, in order of `seq`, each once.",
		link: "spec/protocol.md#order-and-repeats",
	},
	"OR-2": {
		level: "durable",
		text: "Messages that one connection sends get their `seq` in the order in which they were sent.",
		link: "spec/protocol.md#order-and-repeats",
	},
	"OR-3": {
		level: "durable",
		text: "`seq` goes on after a restart where it was.",
		link: "spec/protocol.md#order-and-repeats",
	},
	"OR-4": {
		level: "durable",
		text: "One `client_message_id` makes one message per conversation and sender, for ever, restarts included.",
		link: "spec/protocol.md#order-and-repeats",
	},
	"OR-5": {
		level: "durable",
		text: "A repeat is neither stored nor broadcast; the connection that sent it gets `ack` with the first message's `message_id`, `seq` and `timestamp`.",
		link: "spec/protocol.md#order-and-repeats",
	},
	"OR-6": {
		level: "durable",
		text: "A `client_message_id` that comes again with other content gets `error` `client_message_id_conflict`. Defaults left out and defaults written out are the same content.",
		link: "spec/protocol.md#order-and-repeats",
	},
	"OR-7": {
		level: "durable",
		text: "The same `client_message_id` of another sender, or in another conversation, is another message.",
		link: "spec/protocol.md#order-and-repeats",
	},
	"TY-1": {
		level: "seed",
		text: "`typing` reaches the conversation's other connections, with `conversation_id`, `sender_id` and `timestamp`.",
		link: "spec/protocol.md#typing",
	},
	"TY-2": {
		level: "seed",
		text: "`typing` is not echoed to the connection that sent it.",
		link: "spec/protocol.md#typing",
	},
	"TY-3": {
		level: "durable",
		text: "`typing` is never stored: neither history nor a resume has it.",
		link: "spec/protocol.md#typing",
	},
	"TY-4": {
		level: "durable",
		text: "`typing` reaches the sender's other connections too.",
		link: "spec/protocol.md#typing",
	},
	"RD-1": {
		level: "seed",
		text: "`read` reaches the conversation's other connections, with `conversation_id`, `sender_id`, `message_id` and `timestamp`.",
		link: "spec/protocol.md#read-receipts",
	},
	"RD-2": {
		level: "seed",
		text: "`read` is not echoed to the connection that sent it.",
		link: "spec/protocol.md#read-receipts",
	},
	"RD-3": {
		level: "durable",
		text: "`read` names a chat message of this conversation; anything else gets `error` `unknown_message`.",
		link: "spec/protocol.md#read-receipts",
	},
	"RD-4": {
		level: "durable",
		text: "Each participant has one watermark, whichever of their connections moves it. It never goes back: an older or equal one is accepted and not relayed, and of several moves in one moment the newest may be relayed alone.",
		link: "spec/protocol.md#read-receipts",
	},
	"RD-5": {
		level: "durable",
		text: "A watermark is committed before it is relayed, and outlives a restart.",
		link: "spec/protocol.md#read-receipts",
	},
	"PR-1": {
		level: "seed",
		text: "When a user's first connection opens, the conversation's other connections get `user_joined`.",
		link: "spec/protocol.md#presence",
	},
	"PR-2": {
		level: "seed",
		text: "When a user's last connection closes with 1000, the others get `user_left`.",
		link: "spec/protocol.md#presence",
	},
	"PR-3": {
		level: "durable",
		text: "Every connection gets its own `user_joined`, before every frame other than a `welcome`.",
		link: "spec/protocol.md#presence",
	},
	"PR-4": {
		level: "durable",
		text: "Presence is about the user: another connection of a user who is on line shows nothing to others.",
		link: "spec/protocol.md#presence",
	},
	"PR-5": {
		level: "durable",
		text: "While a user still has a connection, closing another shows nothing to others.",
		link: "spec/protocol.md#presence",
	},
	"PR-6": {
		level: "durable",
		text: "`user_left` comes at once when the last connection closed with 1000 or without a code, other than with the reason `Token refresh`, and when it was put out with 1008.",
		link: "spec/protocol.md#presence",
	},
	"PR-7": {
		level: "durable",
		text: "Otherwise `user_left` comes after a grace of 3 s. A user who is back before then is neither shown as left nor as joined. A server that stops shows nobody as leaving.",
		link: "spec/protocol.md#presence",
	},
	"PR-8": {
		level: "durable",
		text: "With more than 1,000 users on line in a conversation, or what the server has set, comings and goings are no longer broadcast; and beyond 50 in a second they are dropped. `GET .../presence` is the truth.",
		link: "spec/protocol.md#presence",
	},
	"RE-1": {
		level: "durable",
		text: "With `after=<message_id>` a connection gets every entry after that one and not that one itself, in order, then live ones.",
		link: "spec/protocol.md#resume",
	},
	"RE-2": {
		level: "durable",
		text: "`after_seq=<n>` does the same for the entry numbered n; 0 is the whole history.",
		link: "spec/protocol.md#resume",
	},
	"RE-3": {
		level: "durable",
		text: "Between what is replayed and what is live nothing is missing and nothing comes twice, whatever is sent meanwhile.",
		link: "spec/protocol.md#resume",
	},
	"RE-4": {
		level: "durable",
		text: "A cursor that names no entry of this conversation, a malformed one too, gets `error` `unknown_cursor`, then live frames.",
		link: "spec/protocol.md#resume",
	},
	"RE-5": {
		level: "durable",
		text: "Without a cursor a connection gets nothing of before, unless it names its device (DC-1).",
		link: "spec/protocol.md#resume",
	},
	"RE-6": {
		level: "durable",
		text: "The order on a new connection: `welcome` (v1), its own `user_joined`, replay, live. `typing` is withheld during the replay.",
		link: "spec/protocol.md#resume",
	},
	"RE-7": {
		level: "durable",
		text: "`after=head` is a cursor too, the head as the connection is admitted: it gets nothing of before and every later entry. It is never unknown, and `recovered` (V1-3) is false, since nothing was made up for.",
		link: "spec/protocol.md#resume",
	},
	"ER-1": {
		level: "durable",
		text: "`error` has `code`, `message` and `timestamp`, the `client_message_id` of the refused frame where it had one, and `retry_ms` where the same frame may succeed later.",
		link: "spec/protocol.md#errors",
	},
	"ER-2": {
		level: "durable",
		text: "Its `code` is one of a closed list, and each says whether to retry.",
		link: "spec/protocol.md#errors",
	},
	"ER-3": {
		level: "durable",
		text: "It goes to the connection that sent the frame, and to no other.",
		link: "spec/protocol.md#errors",
	},
	"ER-4": {
		level: "durable",
		text: "While nothing can be stored, senders get `unavailable` within a second, nobody gets an acknowledgement, and history stays readable.",
		link: "spec/protocol.md#errors",
	},
	"HB-1": {
		level: "seed",
		text: "The first ping comes 54 s after opening, then one every 54 s.",
		link: "spec/protocol.md#heartbeat",
	},
	"HB-2": {
		level: "seed",
		text: "A connection that has not answered a ping 60 s after its last pong, or its opening, is cut, without a close frame.",
		link: "spec/protocol.md#heartbeat",
	},
	"HB-3": {
		level: "seed",
		text: "A connection that answers its pings stays open.",
		link: "spec/protocol.md#heartbeat",
	},
	"HB-4": {
		level: "durable",
		text: "Messages are no pongs: they keep no connection open.",
		link: "spec/protocol.md#heartbeat",
	},
	"HB-5": {
		level: "durable",
		text: "The deadline rests while a ping waits behind bytes that the peer is still taking, in the server's memory or its kernel's.",
		link: "spec/protocol.md#heartbeat",
	},
	"HB-6": {
		level: "durable",
		text: "After a stall of the server's own it pings before it cuts.",
		link: "spec/protocol.md#heartbeat",
	},
	"HB-7": {
		level: "durable",
		text: "A time-out that is not longer than the interval is refused at the start.",
		link: "spec/protocol.md#heartbeat",
	},
	"HB-8": {
		level: "durable",
		text: "The deadline rests while a message of the peer is arriving: the peer's pong comes behind it. FR-15 bounds how long that may take.",
		link: "spec/protocol.md#heartbeat",
	},
	"CL-1": {
		level: "seed",
		text: "A client's close is answered, with its own code, and 1000 is sent only in answer to 1000.",
		link: "spec/protocol.md#closing",
	},
	"CL-2": {
		level: "durable",
		text: "A server that stops lets nobody new in, stores and answers what it has read, and closes each connection with 1001 `retry_ms=N`, spread over the clients.",
		link: "spec/protocol.md#closing",
	},
	"CL-3": {
		level: "durable",
		text: "1008 has the reason: `token expired`, `token revoked`, `token of another user`, `removed from the conversation`, `too many invalid frames` or `a message took too long`.",
		link: "spec/protocol.md#closing",
	},
	"CL-4": {
		level: "durable",
		text: "A fault of the server's own closes with 1011, and says nothing of its cause.",
		link: "spec/protocol.md#closing",
	},
	"SL-1": {
		level: "durable",
		text: "Past 256 KiB that a connection has not taken, or what the server has set, the server keeps nothing more for it in memory, and goes on from the log when it reads on: every entry, in order, each once. It holds nobody else up.",
		link: "spec/protocol.md#slow-readers",
	},
	"SL-2": {
		level: "durable",
		text: "`typing` and presence may be dropped for it; of the watermarks it missed it gets each participant's newest.",
		link: "spec/protocol.md#slow-readers",
	},
	"SL-3": {
		level: "durable",
		text: "A connection that takes none of the bytes that wait for it for 30 s is closed with 1013. One that takes a few is not, however slow it is, as far as the server can see: of what waits on the peer's own side, or in a proxy, it sees the pong alone.",
		link: "spec/protocol.md#slow-readers",
	},
	"SL-4": {
		level: "durable",
		text: "A connection that sends faster than the server stores, or does not read its answers, is read from more slowly; nothing of it is dropped.",
		link: "spec/protocol.md#slow-readers",
	},
	"SL-5": {
		level: "durable",
		text: "What is kept in memory for all slow connections together is bounded too; the more of it is used, the less is kept for each.",
		link: "spec/protocol.md#slow-readers",
	},
	"SL-6": {
		level: "durable",
		text: "What is kept of messages that have not arrived completely, or wait to be handled, is bounded for each user and in all. A connection that would exceed the bound is closed with 1013 `too many unfinished messages`. Messages on their way to the disk have a bound too: beyond it the server does not read the user's connections, and drops nothing.",
		link: "spec/protocol.md#slow-readers",
	},
	"DC-1": {
		level: "durable",
		text: "A connection with `device_id` and without a cursor goes on after the newest entry that this device of this user has proved to have got: every later entry comes at least once, in order, and only such as were not proven come again.",
		link: "spec/protocol.md#delivery-cursors",
	},
	"DC-2": {
		level: "durable",
		text: "A device that is seen for the first time begins at the head, or at its cursor, and is not missed anything from there on, whatever becomes of its first connection.",
		link: "spec/protocol.md#delivery-cursors",
	},
	"DC-3": {
		level: "durable",
		text: "Entries are proven by a pong that echoes the payload of a ping which was sent behind them and has not been answered before. That they were sent proves nothing, nor does any other pong.",
		link: "spec/protocol.md#delivery-cursors",
	},
	"DC-4": {
		level: "durable",
		text: "Such pings follow deliveries, and openings (DC-8), at most one a second. Connections without `device_id` see the heartbeat's pings only.",
		link: "spec/protocol.md#delivery-cursors",
	},
	"DC-5": {
		level: "durable",
		text: "The newest connection of a device moves its cursor, and no other. A cursor never goes back.",
		link: "spec/protocol.md#delivery-cursors",
	},
	"DC-6": {
		level: "durable",
		text: "Cursors are kept per user, conversation and device, over restarts, for 90 days after they last moved or were asked for, and for 16 devices of a user in a conversation: of more, the one that was quiet for longest begins anew.",
		link: "spec/protocol.md#delivery-cursors",
	},
	"DC-7": {
		level: "durable",
		text: 'A `device_id` that is no UUID is answered by 400 `{"error": "invalid device_id"}`, after `conversation_id` was looked at and before the participant is.',
		link: "spec/protocol.md#delivery-cursors",
	},
	"DC-8": {
		level: "durable",
		text: "A cursor that a device gives and that is found says that the device has what is before: a ping follows the opening of its connection, whose pong proves everything up to there. So a device that gives `after=head` begins at the head, whatever it has missed; without such a pong it still goes on from where it was.",
		link: "spec/protocol.md#delivery-cursors",
	},
	"RM-1": {
		level: "durable",
		text: "Removing a participant, or leaving, is an entry `participant_removed` with a `seq` of its own, in the same order as messages, for every connection.",
		link: "spec/protocol.md#removal",
	},
	"RM-2": {
		level: "durable",
		text: "It is the last frame that the removed user gets; then that user's connections are closed with 1008 `removed from the conversation`, within a second.",
		link: "spec/protocol.md#removal",
	},
	"RM-3": {
		level: "durable",
		text: "What a removed user sends after it is refused and not stored, and the user is refused as in HS-8 until added again; who left by themselves may come back by themselves where the policy is `open`.",
		link: "spec/protocol.md#removal",
	},
	"RM-4": {
		level: "durable",
		text: "Owners remove anyone, everyone may leave, nobody else removes; removing somebody twice makes one entry.",
		link: "spec/protocol.md#removal",
	},
	"RM-5": {
		level: "durable",
		text: "When the last owner leaves, the participant of longest standing owns the conversation.",
		link: "spec/protocol.md#removal",
	},
	"RS-1": {
		level: "durable",
		text: "The checks of the handshake come in the same order with the same answers: origin, token, user id, conversation id, participant.",
		link: "spec/protocol.md#rest",
	},
	"RS-2": {
		level: "durable",
		text: "Every request for a conversation that does not exist is answered byte for byte as for one whose participant the user is not.",
		link: "spec/protocol.md#rest",
	},
	"RS-3": {
		level: "durable",
		text: 'A refused request is answered by `{"error": ...}` with 4xx or 5xx, and changes nothing; a body that breaks its schema by 400, one that is too long by 413, a route that is not there by 404.',
		link: "spec/protocol.md#rest",
	},
	"RS-4": {
		level: "durable",
		text: "`POST /v1/conversations` makes a conversation that its maker owns, with the id given or one of the server's, and answers 201 with it.",
		link: "spec/protocol.md#rest",
	},
	"RS-5": {
		level: "durable",
		text: "An id that is taken is answered by 409 for a participant and by 403 for anyone else, and changes nothing.",
		link: "spec/protocol.md#rest",
	},
	"RS-6": {
		level: "durable",
		text: "`GET /v1/conversations` lists the user's own, most recently active first, each once over all its pages, with title, last message, and `unread`: messages of others after the watermark.",
		link: "spec/protocol.md#rest",
	},
	"RS-7": {
		level: "durable",
		text: "`GET /v1/conversations/{id}` answers with title, metadata, head and participants.",
		link: "spec/protocol.md#rest",
	},
	"RS-8": {
		level: "durable",
		text: "`POST .../participants` adds participants, for owners only.",
		link: "spec/protocol.md#rest",
	},
	"RS-9": {
		level: "durable",
		text: "`DELETE .../participants/{user}` removes one, under RM-1 to RM-5, and answers 204.",
		link: "spec/protocol.md#rest",
	},
	"RS-10": {
		level: "durable",
		text: "`GET .../messages` answers with the newest 50 entries, or `limit` up to 100, ascending by `seq`, as they were broadcast, every type.",
		link: "spec/protocol.md#rest",
	},
	"RS-11": {
		level: "durable",
		text: "`before`, `after`, `before_seq` and `after_seq` page through it in both directions by `next`, which is null at the end. A cursor of no entry is answered by 404, more than one by 400.",
		link: "spec/protocol.md#rest",
	},
	"RS-12": {
		level: "durable",
		text: "`POST .../messages` is the same command as the frame: 201 with what every connection gets; 200 with the first message for a repeat; 409 for a conflict.",
		link: "spec/protocol.md#rest",
	},
	"RS-13": {
		level: "durable",
		text: "`GET .../receipts` answers with each participant's watermark.",
		link: "spec/protocol.md#rest",
	},
	"RS-18": {
		level: "durable",
		text: "Beside it stands `delivered`, the newest entry that one of the user's devices has proved to have got, and where there are several devices, how far each is.",
		link: "spec/protocol.md#rest",
	},
	"RS-19": {
		level: "durable",
		text: 'A conversation has at most 100,000 participants, or what the server has set. A request that would exceed it is answered by 409 `{"error": "too many participants"}` and adds nobody; under the policy `open` nobody joins a full conversation (HS-8).',
		link: "spec/protocol.md#rest",
	},
	"RS-20": {
		level: "durable",
		text: 'At most 1,000 participations of a user, or what the server has set, may be made by the same other user without an answer. A request that would exceed it for any of its users is answered by 409 `{"error": "too many unanswered additions"}` and adds nobody. The first connection, message or `read` of the added user in the conversation is the answer, and the end of the participation too. Participations that a token with the scope `admin` makes, and those that a user makes for themselves, are not counted.',
		link: "spec/protocol.md#rest",
	},
	"RS-21": {
		level: "durable",
		text: "`PUT /v1/blocks/{user}` keeps that user from adding the caller to conversations: requests of the blocked user add the other users they name. `DELETE` ends it, and both answer 204 however often they are sent. `GET /v1/blocks` lists whom the caller has blocked, at most 1,000. A block changes no participation that exists, and does not hold for tokens with the scope `admin`.",
		link: "spec/protocol.md#rest",
	},
	"RS-14": {
		level: "durable",
		text: "`GET .../presence` answers with who is on line, each user once.",
		link: "spec/protocol.md#rest",
	},
	"RS-15": {
		level: "durable",
		text: "Allowed origins get CORS headers, and answers vary by `Origin`.",
		link: "spec/protocol.md#rest",
	},
	"RS-16": {
		level: "durable",
		text: "`/healthz` answers while the process runs; `/readyz` answers 503 once it is stopping, and while nothing can be stored.",
		link: "spec/protocol.md#rest",
	},
	"RS-17": {
		level: "durable",
		text: "A token with the scope `admin` has an owner's rights in every conversation: it sees what a conversation is and who is in it, adds and removes. It reads and sends messages only where its user is a participant.",
		link: "spec/protocol.md#rest",
	},
	"RS-30": {
		level: "durable",
		text: "A body with more than 65,536 characters outside its strings is answered by 400 before it is parsed.",
		link: "spec/protocol.md#rest",
	},
	"RS-31": {
		level: "durable",
		text: "Requests that follow on a connection before the answer to an earlier request are answered in order, one at a time. At most 16 wait: the answer to the last of them says `Connection: close`, and the client sends the dropped requests again.",
		link: "spec/protocol.md#rest",
	},
	"RS-32": {
		level: "durable",
		text: "A body that is not valid UTF-8 is answered by 400, and another charset by 415.",
		link: "spec/protocol.md#rest",
	},
	"RS-33": {
		level: "durable",
		text: "A number in a query is decimal digits, at most 2^53 - 1. Anything else is answered by 400.",
		link: "spec/protocol.md#rest",
	},
	"RS-34": {
		level: "durable",
		text: "Memory for answers and for bodies is bounded, in all and for each user. A request for which there is no room waits a few seconds or not at all, and is answered by 503 with `Retry-After`. Other users are not affected.",
		link: "spec/protocol.md#rest",
	},
	"RS-35": {
		level: "durable",
		text: "The connection of a client that takes nothing of an answer for 30 s is closed. A slow client is not cut.",
		link: "spec/protocol.md#rest",
	},
	"RS-36": {
		level: "durable",
		text: 'Every error of the HTTP server has the shape `{"error": ...}` as `application/json`, for a request that it cannot parse too, and repeats neither the URL nor a header.',
		link: "spec/protocol.md#rest",
	},
	"EP-1": {
		level: "durable",
		text: "A log has an epoch, a random UUID. `GET .../messages`, `GET /v1/conversations` and `GET /v1/conversations/{id}` carry it as `epoch`. It stays the same over restarts.",
		link: "spec/protocol.md#epoch",
	},
	"EP-2": {
		level: "durable",
		text: "A log that was restored from a backup has a new epoch.",
		link: "spec/protocol.md#epoch",
	},
	"EP-3": {
		level: "durable",
		text: 'A REST request whose query has another `epoch` than that of the log is answered by 412 `{"error": "epoch changed"}`, after its token was checked and before anything else, and changes nothing.',
		link: "spec/protocol.md#epoch",
	},
	"EP-4": {
		level: "v1",
		text: "`welcome` carries `epoch`.",
		link: "spec/protocol.md#epoch",
	},
	"V1-1": {
		level: "v1",
		text: "A client that offers `secureconnect.v1` gets it selected, and it alone.",
		link: "spec/protocol.md#v1",
	},
	"V1-2": {
		level: "v1",
		text: "The first frame is `welcome`: conversation, own user id, `head_seq`, who is on line (at most 100, and the count), watermarks, limits, intervals and `expires_at`.",
		link: "spec/protocol.md#v1",
	},
	"V1-3": {
		level: "v1",
		text: "`recovered` in `welcome` says whether a cursor was given and found.",
		link: "spec/protocol.md#v1",
	},
	"V1-4": {
		level: "v1",
		text: "`auth` with a good token of the same user renews the connection's expiry, and is answered by `auth_ok` with `expires_at`.",
		link: "spec/protocol.md#v1",
	},
	"V1-5": {
		level: "v1",
		text: "`auth` with a bad token is answered by `error` `unauthorized`, and the old expiry stands.",
		link: "spec/protocol.md#v1",
	},
	"V1-6": {
		level: "v1",
		text: "`auth` with another user's token closes the connection with 1008 `token of another user`.",
		link: "spec/protocol.md#v1",
	},
	"V1-7": {
		level: "v1",
		text: "Without the subprotocol there is no `welcome`, and `auth` is an unknown type.",
		link: "spec/protocol.md#v1",
	},
} as const satisfies Record<string, Rule>;

export type RuleId = keyof typeof RULES;
