/** Generated from spec/protocol.md: `npm run docs`. */

export type Level = "seed" | "durable" | "v1";

export interface Rule {
	readonly level: Level;
	readonly text: string;
	/** File and heading of the rule. */
	readonly link: string;
}

export const RULES = {
	"HS-1": {
		level: "seed",
		text: "The server accepts a WebSocket handshake that has a valid token and names a conversation of the token's user. The handshake needs no subprotocol.",
		link: "spec/protocol.md#handshake",
	},
	"HS-2": {
		level: "seed",
		text: 'The server answers a handshake without `conversation_id` with 400 `{"error": "conversation_id required"}`.',
		link: "spec/protocol.md#handshake",
	},
	"HS-3": {
		level: "seed",
		text: 'The server answers a missing, forged or expired token with 401 `{"error": "unauthorized"}`.',
		link: "spec/protocol.md#handshake",
	},
	"HS-4": {
		level: "durable",
		text: "The 401 answer has the header `WWW-Authenticate: Bearer`.",
		link: "spec/protocol.md#handshake",
	},
	"HS-5": {
		level: "durable",
		text: 'The server answers a `conversation_id` that is not a UUID in its 36-character form, or is the nil UUID, with 400 `{"error": "invalid conversation_id"}`.',
		link: "spec/protocol.md#handshake",
	},
	"HS-6": {
		level: "durable",
		text: "The server accepts UUIDs in upper and lower case, compares them without regard to case, and returns them in lower case.",
		link: "spec/protocol.md#handshake",
	},
	"HS-7": {
		level: "durable",
		text: 'The server answers a valid token whose user id is missing or is not a UUID with 500 `{"error": "invalid user_id"}`.',
		link: "spec/protocol.md#handshake",
	},
	"HS-8": {
		level: "durable",
		text: 'A user who is not a participant gets 403 `{"error": "not a participant"}`.',
		link: "spec/protocol.md#handshake",
	},
	"HS-9": {
		level: "durable",
		text: "Under the policy `members`, the answer for a conversation that does not exist is the same, byte for byte, as the answer for a conversation in which the user is not a participant.",
		link: "spec/protocol.md#handshake",
	},
	"HS-10": {
		level: "durable",
		text: 'The server answers a request that is not a WebSocket handshake of version 13 with 426 `{"error": "upgrade required"}`, `Upgrade: websocket` and `Sec-WebSocket-Version: 13`. Such a request creates nothing.',
		link: "spec/protocol.md#handshake",
	},
	"HS-11": {
		level: "durable",
		text: 'The server answers an `Origin` that is not allowed with 403 `{"error": "origin not allowed"}`. It allows a request without an `Origin`.',
		link: "spec/protocol.md#handshake",
	},
	"HS-12": {
		level: "durable",
		text: 'A server that is full or stopping answers 503 `{"error": "unavailable"}` with `Retry-After`.',
		link: "spec/protocol.md#handshake",
	},
	"HS-13": {
		level: "durable",
		text: "The server makes these checks in this order, for a handshake and for a plain GET, and the first that fails decides the answer: origin (HS-11), capacity (HS-12), token (HS-3), user id (HS-7), `conversation_id` present (HS-2), `conversation_id` well-formed (HS-5), `device_id` (DC-7), participant (HS-8), WebSocket (HS-10).",
		link: "spec/protocol.md#handshake",
	},
	"HS-14": {
		level: "durable",
		text: "The body of a refusal is a JSON object with `error`, sent as `application/json`. The server then closes the socket.",
		link: "spec/protocol.md#handshake",
	},
	"HS-15": {
		level: "durable",
		text: "Under the policy `members`, only participants connect. Under the policy `open`, connecting creates a conversation that does not exist and makes the user a participant, unless another user removed that user.",
		link: "spec/protocol.md#handshake",
	},
	"HS-16": {
		level: "durable",
		text: "A web page cannot see why the server refused its handshake, so a plain GET of the same URL, with the token in the header, returns the reason. For allowed origins that answer has the CORS headers of RS-15, and the page can read its `Retry-After`.",
		link: "spec/protocol.md#handshake",
	},
	"TK-1": {
		level: "seed",
		text: "The server reads the token from `Authorization: Bearer`.",
		link: "spec/protocol.md#tokens",
	},
	"TK-2": {
		level: "seed",
		text: "The server reads the token from the query parameter `access_token`.",
		link: "spec/protocol.md#tokens",
	},
	"TK-3": {
		level: "v1",
		text: "The server reads the token from the subprotocol entry `bearer.<token>`, but only if the client also offers `secureconnect.v1`. The server never echoes the `bearer.` entry.",
		link: "spec/protocol.md#tokens",
	},
	"TK-4": {
		level: "durable",
		text: "The server looks for a token in the header, then in the subprotocol, then in the query. The first token that it finds counts, even if a later one would be valid.",
		link: "spec/protocol.md#tokens",
	},
	"TK-5": {
		level: "durable",
		text: "The claim `user_id` identifies the user; without it, `sub` does.",
		link: "spec/protocol.md#tokens",
	},
	"TK-6": {
		level: "durable",
		text: "`exp` is required. The server refuses, as in HS-3, a token before its `nbf`, a token with another issuer or audience than the server's, and a token that calls itself a refresh token.",
		link: "spec/protocol.md#tokens",
	},
	"TK-7": {
		level: "durable",
		text: "The server accepts only the algorithms of its own key, and never `none`.",
		link: "spec/protocol.md#tokens",
	},
	"TK-8": {
		level: "durable",
		text: "When the token of an open connection expires, the server closes the connection with 1008 `token expired`.",
		link: "spec/protocol.md#tokens",
	},
	"TK-9": {
		level: "durable",
		text: "The server never writes a token to a log or into an answer.",
		link: "spec/protocol.md#tokens",
	},
	"TK-10": {
		level: "durable",
		text: "If the claim `name` is text of 1 to 128 characters, the server shows it to the conversation beside the user's id.",
		link: "spec/protocol.md#tokens",
	},
	"TK-11": {
		level: "durable",
		text: "The participants of RS-7 have the name from the user's newest token, by `iat` if both tokens have it. A token counts if it opened a connection, came with a well-formed REST request (even one that the server then refuses), or renewed a connection (V1-4), which also updates the name in presence. While the server can store nothing, it takes the name from the next token instead.",
		link: "spec/protocol.md#tokens",
	},
	"FR-1": {
		level: "seed",
		text: "Every message from the server is one JSON object in a text frame. It has `type` and `timestamp`, both strings.",
		link: "spec/protocol.md#frames",
	},
	"FR-2": {
		level: "durable",
		text: "Every frame has the shape that its schema defines. Times are RFC 3339 in UTC with milliseconds.",
		link: "spec/protocol.md#frames",
	},
	"FR-3": {
		level: "seed",
		text: "The server never relays a frame of a type that clients may not send.",
		link: "spec/protocol.md#frames",
	},
	"FR-4": {
		level: "durable",
		text: "A message that is not JSON, or is not an object, gets the `error` `invalid_json`; a frame without a type that clients may send gets `unknown_type`; a frame that breaks its schema or a limit gets `invalid_frame`. Such a message changes nothing, and the connection stays open.",
		link: "spec/protocol.md#frames",
	},
	"FR-5": {
		level: "durable",
		text: "The server ignores unknown fields.",
		link: "spec/protocol.md#frames",
	},
	"FR-6": {
		level: "durable",
		text: "The server accepts a message of up to 1 MiB, or up to its configured limit, and answers a longer one with 1009.",
		link: "spec/protocol.md#frames",
	},
	"FR-7": {
		level: "durable",
		text: "The server answers a binary message with 1003.",
		link: "spec/protocol.md#frames",
	},
	"FR-8": {
		level: "durable",
		text: "The server answers text that is not UTF-8 with 1007.",
		link: "spec/protocol.md#frames",
	},
	"FR-9": {
		level: "durable",
		text: "Limits: JSON nested 16 deep, `metadata` 16,384 bytes as JSON, `message_type` 64 characters.",
		link: "spec/protocol.md#frames",
	},
	"FR-10": {
		level: "durable",
		text: "The server refuses JSON that not every store can return unchanged: U+0000, unpaired surrogates, numbers beyond a double, integers beyond 2^53 - 1 that a double would round, small numbers that a double would turn into 0, and the name `__proto__`. It stores -0 as 0.",
		link: "spec/protocol.md#frames",
	},
	"FR-11": {
		level: "durable",
		text: "The server answers the twentieth frame within 60 s that FR-4 refuses, and then closes the connection with 1008 `too many invalid frames`.",
		link: "spec/protocol.md#frames",
	},
	"FR-12": {
		level: "durable",
		text: "A frame of a type other than `chat` or `edit` with more than 16,384 characters gets the `error` `invalid_frame`, and FR-11 counts it.",
		link: "spec/protocol.md#frames",
	},
	"FR-13": {
		level: "durable",
		text: "A frame with more than 65,536 characters outside its JSON strings, quotes counted, gets the `error` `invalid_frame` without a `client_message_id`, because the server does not parse it. FR-11 counts it.",
		link: "spec/protocol.md#frames",
	},
	"FR-14": {
		level: "durable",
		text: "The server may answer several pings with one pong that carries the payload of the newest ping (RFC 6455, section 5.5.3).",
		link: "spec/protocol.md#frames",
	},
	"FR-15": {
		level: "durable",
		text: "The server closes a connection with 1008 `a message took too long` if no byte of an unfinished message arrives for 30 s, or if the message is older than 60 s and arrives at less than 1 KiB/s on average. Time in which the server does not read does not count.",
		link: "spec/protocol.md#frames",
	},
	"CO-1": {
		level: "durable",
		text: "A client that offers `permessage-deflate` gets it with `server_no_context_takeover` and `client_no_context_takeover`. A client that does not offer it gets no compressed frame, and the server accepts no other extension.",
		link: "spec/protocol.md#compression",
	},
	"CO-2": {
		level: "durable",
		text: "The server declines an offer that is malformed or requires a server window smaller than 32 KiB. The handshake succeeds with the next offer or without compression.",
		link: "spec/protocol.md#compression",
	},
	"CO-3": {
		level: "durable",
		text: "The server compresses only frames whose JSON is longer than 1 KiB, and a client can inflate each frame by itself.",
		link: "spec/protocol.md#compression",
	},
	"CO-4": {
		level: "durable",
		text: "The server accepts compressed messages on connections that agreed on compression. The limit of FR-6 applies to the inflated message.",
		link: "spec/protocol.md#compression",
	},
	"CO-5": {
		level: "durable",
		text: "The server inflates a message after all of it has arrived. It answers data that it cannot inflate with 1007.",
		link: "spec/protocol.md#compression",
	},
	"CH-1": {
		level: "seed",
		text: "A chat frame from the server has `type`, `conversation_id`, `sender_id`, `message_id`, `content`, `is_encrypted`, `message_type`, `metadata` and `timestamp`. It reaches every connection of the conversation, including the sender's.",
		link: "spec/protocol.md#chat-messages",
	},
	"CH-2": {
		level: "seed",
		text: "The server relays `content`, `is_encrypted`, `message_type` and `metadata` as the client sent them.",
		link: "spec/protocol.md#chat-messages",
	},
	"CH-3": {
		level: "seed",
		text: 'For fields that the client left out, `is_encrypted` is `false`, `message_type` is `"text"` and `metadata` is `{}`. The server relays an empty `metadata` as an empty object.',
		link: "spec/protocol.md#chat-messages",
	},
	"CH-4": {
		level: "seed",
		text: "The server sets ids, sender and time, and ignores the client's values for them.",
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
		text: "`message_id` is a version 7 UUID.",
		link: "spec/protocol.md#chat-messages",
	},
	"CH-8": {
		level: "durable",
		text: "`content` is required and must be a string, which may be empty.",
		link: "spec/protocol.md#chat-messages",
	},
	"CH-9": {
		level: "durable",
		text: "The chat frame has `seq` and, if the sender gave one, `client_message_id`. Every connection gets the same frame.",
		link: "spec/protocol.md#chat-messages",
	},
	"CH-10": {
		level: "durable",
		text: "The sender's own copy of a message is its acknowledgement. Before the server sends it, the message is in the history and on disk.",
		link: "spec/protocol.md#chat-messages",
	},
	"CH-11": {
		level: "durable",
		text: "`reply_to` names a message of the same conversation, and `thread_id` a message that begins a thread and is in no thread itself. The server relays both; any other id gets the `error` `unknown_message`.",
		link: "spec/protocol.md#chat-messages",
	},
	"CH-12": {
		level: "durable",
		text: "`mentions` has up to 50 `user_ids`, and `all` for every participant. The server relays it. Only owners and moderators may set `all`; from other senders the message gets the `error` `forbidden`.",
		link: "spec/protocol.md#chat-messages",
	},
	"AM-1": {
		level: "durable",
		text: "Every amendment is an entry with its own `message_id` and `seq`. Every connection gets it, in the same order as messages. The sender's own copy is its acknowledgement.",
		link: "spec/protocol.md#amendments",
	},
	"AM-2": {
		level: "durable",
		text: "A `target_id` that names no chat message of this conversation gets the `error` `unknown_message`. A `target_id` that names a deleted message gets `message_deleted`.",
		link: "spec/protocol.md#amendments",
	},
	"AM-3": {
		level: "durable",
		text: "`edit` replaces the content of the sender's own message, and keeps the fields that it leaves out. Its frame has all the fields of the new content, `version`, which equals its `seq`, and `edited_at`. An edit of another user's message gets the `error` `forbidden`.",
		link: "spec/protocol.md#amendments",
	},
	"AM-4": {
		level: "durable",
		text: "An edit with `if_version` gets the `error` `version_conflict` unless the message has this version. A message without edits has version 0.",
		link: "spec/protocol.md#amendments",
	},
	"AM-5": {
		level: "durable",
		text: "`delete` removes the content of a message, its edits and its reactions from every answer of the server. The message keeps its place, and replies to it and its thread stay.",
		link: "spec/protocol.md#amendments",
	},
	"AM-6": {
		level: "durable",
		text: "The author, owners, moderators and tokens with the scope `admin` may delete a message. Other users get the `error` `forbidden`.",
		link: "spec/protocol.md#amendments",
	},
	"AM-7": {
		level: "durable",
		text: "`reaction` with `on` true adds a reaction of the sender to a message, with `on` false it takes the reaction back. A user has at most one of each reaction on a message.",
		link: "spec/protocol.md#amendments",
	},
	"AM-8": {
		level: "durable",
		text: "`pin` pins a message, or unpins it, for all participants. Deleting a message unpins it.",
		link: "spec/protocol.md#amendments",
	},
	"AM-9": {
		level: "durable",
		text: "A `reaction` or `pin` that changes nothing makes no entry. Its sender gets an `ack` with `message_id`, `seq` and `timestamp` of the entry that set the current state, or of the message if there is none.",
		link: "spec/protocol.md#amendments",
	},
	"AM-10": {
		level: "durable",
		text: "Limits: a reaction has 1 to 64 characters without control characters, `reason` 256. A message has at most 20 different reactions and a conversation at most 50 pins; beyond that the `error` is `limit_reached`.",
		link: "spec/protocol.md#amendments",
	},
	"AM-11": {
		level: "durable",
		text: "The order of `seq` decides between commands that arrive at the same time: after a `delete` the server stores no other amendment of the message, and of several edits with the same `if_version` it stores one.",
		link: "spec/protocol.md#amendments",
	},
	"AM-12": {
		level: "durable",
		text: "OR-4 to OR-7 hold for every amendment, also for one that changed nothing or whose message has changed since. A `client_message_id` that the sender used for a command of a different type is a conflict. The server cannot compare content that was deleted: a command of the same type is then a repeat.",
		link: "spec/protocol.md#amendments",
	},
	"AM-13": {
		level: "durable",
		text: "A participant with the role `reader` can send only `read`. In a closed conversation messages can only be deleted. Other messages and amendments get the `error` `read_only`.",
		link: "spec/protocol.md#amendments",
	},
	"AM-14": {
		level: "durable",
		text: "Amendments do not move their conversation up in the list of RS-6.",
		link: "spec/protocol.md#amendments",
	},
	"AM-15": {
		level: "durable",
		text: "A server may reserve pins for owners and moderators. A `pin` of another participant then gets the `error` `forbidden`.",
		link: "spec/protocol.md#amendments",
	},
	"OR-1": {
		level: "durable",
		text: "`seq` numbers a conversation's entries from 1 without gaps. Every connection gets every entry after the point where it joined, once each, in order of `seq`.",
		link: "spec/protocol.md#order-and-repeats",
	},
	"OR-2": {
		level: "durable",
		text: "Messages from one connection get their `seq` in the order in which the client sent them.",
		link: "spec/protocol.md#order-and-repeats",
	},
	"OR-3": {
		level: "durable",
		text: "After a restart, `seq` continues from its last value.",
		link: "spec/protocol.md#order-and-repeats",
	},
	"OR-4": {
		level: "durable",
		text: "One `client_message_id` makes one message per conversation and sender. This holds forever, including across restarts.",
		link: "spec/protocol.md#order-and-repeats",
	},
	"OR-5": {
		level: "durable",
		text: "The server neither stores nor broadcasts a repeat. The connection that sent it gets an `ack` with the first message's `message_id`, `seq` and `timestamp`.",
		link: "spec/protocol.md#order-and-repeats",
	},
	"OR-6": {
		level: "durable",
		text: "A `client_message_id` that a client sends again with different content gets the `error` `client_message_id_conflict`. Content with a default left out equals content with that default written out.",
		link: "spec/protocol.md#order-and-repeats",
	},
	"OR-7": {
		level: "durable",
		text: "The same `client_message_id` from a different sender, or in a different conversation, makes a separate message.",
		link: "spec/protocol.md#order-and-repeats",
	},
	"TY-1": {
		level: "seed",
		text: "`typing` reaches the conversation's other connections, with `conversation_id`, `sender_id` and `timestamp`.",
		link: "spec/protocol.md#typing",
	},
	"TY-2": {
		level: "seed",
		text: "The server does not echo `typing` to the connection that sent it.",
		link: "spec/protocol.md#typing",
	},
	"TY-3": {
		level: "durable",
		text: "The server never stores `typing`: neither history nor a resume contains it.",
		link: "spec/protocol.md#typing",
	},
	"TY-4": {
		level: "durable",
		text: "`typing` also reaches the sender's other connections.",
		link: "spec/protocol.md#typing",
	},
	"RD-1": {
		level: "seed",
		text: "`read` reaches the conversation's other connections, with `conversation_id`, `sender_id`, `message_id` and `timestamp`.",
		link: "spec/protocol.md#read-receipts",
	},
	"RD-2": {
		level: "seed",
		text: "The server does not echo `read` to the connection that sent it.",
		link: "spec/protocol.md#read-receipts",
	},
	"RD-3": {
		level: "durable",
		text: "`read` names a chat message of this conversation. Any other id gets the `error` `unknown_message`.",
		link: "spec/protocol.md#read-receipts",
	},
	"RD-4": {
		level: "durable",
		text: "Each participant has one watermark, which any of the participant's connections can advance and which never moves back. The server accepts an older or equal `read` and does not relay it; of several advances at the same moment it may relay only the newest.",
		link: "spec/protocol.md#read-receipts",
	},
	"RD-5": {
		level: "durable",
		text: "The server commits a watermark before it relays it. The watermark survives a restart.",
		link: "spec/protocol.md#read-receipts",
	},
	"RD-6": {
		level: "durable",
		text: "Writing a message advances the writer's watermark to it; the server sends no `read` frame for it, and relays a later `read` of an earlier message.",
		link: "spec/protocol.md#read-receipts",
	},
	"UN-1": {
		level: "durable",
		text: "`unread` in RS-6 is the number of messages after the user's watermark that were not deleted. It is exact, however many there are.",
		link: "spec/protocol.md#unread-counts",
	},
	"UN-2": {
		level: "durable",
		text: "A user who joins, or is added again, starts with 0 unread.",
		link: "spec/protocol.md#unread-counts",
	},
	"UN-3": {
		level: "durable",
		text: "`mentions` in RS-6 is the number of these messages that mention the user or every participant. An edit with `mentions` replaces the mentions of its message.",
		link: "spec/protocol.md#unread-counts",
	},
	"PR-1": {
		level: "seed",
		text: "When a user's first connection opens, the conversation's other connections get `user_joined`.",
		link: "spec/protocol.md#presence",
	},
	"PR-2": {
		level: "seed",
		text: "When a user's last connection closes with 1000, the other connections get `user_left`.",
		link: "spec/protocol.md#presence",
	},
	"PR-3": {
		level: "durable",
		text: "Every connection gets its own user's `user_joined` before every frame except `welcome`.",
		link: "spec/protocol.md#presence",
	},
	"PR-4": {
		level: "durable",
		text: "Presence describes users, not connections: when an online user opens a further connection, the other connections get no presence frame.",
		link: "spec/protocol.md#presence",
	},
	"PR-5": {
		level: "durable",
		text: "When a user closes a connection and has another one open, the other connections get no presence frame.",
		link: "spec/protocol.md#presence",
	},
	"PR-6": {
		level: "durable",
		text: "The server sends `user_left` immediately if the user's last connection closed with 1000 or without a code, except with the reason `Token refresh`. It also sends `user_left` immediately if it closed the last connection with 1008.",
		link: "spec/protocol.md#presence",
	},
	"PR-7": {
		level: "durable",
		text: "In all other cases the server sends `user_left` after a grace period of 3 s. If the user reconnects within it, the server sends neither `user_left` nor `user_joined`. A server that stops sends no `user_left`.",
		link: "spec/protocol.md#presence",
	},
	"PR-8": {
		level: "durable",
		text: "While more than 1,000 users, or the server's configured limit, are online in a conversation, the server stops broadcasting `user_joined` and `user_left`. It also drops those beyond 50 in one second. `GET .../presence` is authoritative.",
		link: "spec/protocol.md#presence",
	},
	"RE-1": {
		level: "durable",
		text: "With `after=<message_id>` a connection gets every entry after the one named, in order and without the named entry, and then live entries.",
		link: "spec/protocol.md#resume",
	},
	"RE-2": {
		level: "durable",
		text: "`after_seq=<n>` does the same for entry number n. 0 asks for the whole history.",
		link: "spec/protocol.md#resume",
	},
	"RE-3": {
		level: "durable",
		text: "Between replayed and live entries no entry is missing and none comes twice, whatever clients send meanwhile.",
		link: "spec/protocol.md#resume",
	},
	"RE-4": {
		level: "durable",
		text: "A cursor that is malformed, or names no entry of this conversation, gets the `error` `unknown_cursor`, then live frames.",
		link: "spec/protocol.md#resume",
	},
	"RE-5": {
		level: "durable",
		text: "Without a cursor a connection gets no earlier entries, unless it names its device (DC-1).",
		link: "spec/protocol.md#resume",
	},
	"RE-6": {
		level: "durable",
		text: "A new connection gets, in this order: `welcome` (v1), its own `user_joined`, the replay, live frames. The server withholds `typing` during the replay.",
		link: "spec/protocol.md#resume",
	},
	"RE-7": {
		level: "durable",
		text: "`after=head` is also a cursor. It names the head at the moment the server admits the connection, which gets no earlier and every later entry. This cursor is never unknown, and `recovered` (V1-3) is false because the connection recovered nothing.",
		link: "spec/protocol.md#resume",
	},
	"RE-8": {
		level: "durable",
		text: "A replay shows each message as it is now: an edited message has its newest content, `version` and `edited_at`, and a replayed `edit` carries the newest content of its message, which is empty if it was deleted.",
		link: "spec/protocol.md#resume",
	},
	"RE-9": {
		level: "durable",
		text: "In a replay and in pages a deleted message is a `chat` with `deleted: true` and empty `content`. A plain client gets no deleted message in a replay.",
		link: "spec/protocol.md#resume",
	},
	"RE-10": {
		level: "durable",
		text: "`after` may name any entry, also a deleted message or an amendment. `read` may name a deleted message.",
		link: "spec/protocol.md#resume",
	},
	"ER-1": {
		level: "durable",
		text: "`error` has `code`, `message` and `timestamp`. It has `client_message_id` if the refused frame had one, and `retry_ms` if the same frame may succeed later.",
		link: "spec/protocol.md#errors",
	},
	"ER-2": {
		level: "durable",
		text: "`code` is from a closed list, which states for each code whether to retry.",
		link: "spec/protocol.md#errors",
	},
	"ER-3": {
		level: "durable",
		text: "The server sends `error` only to the connection that sent the frame.",
		link: "spec/protocol.md#errors",
	},
	"ER-4": {
		level: "durable",
		text: "While the server can store nothing, senders get `unavailable` within a second, no sender gets an acknowledgement, and history stays readable.",
		link: "spec/protocol.md#errors",
	},
	"HB-1": {
		level: "seed",
		text: "The server sends the first ping 54 s after the connection opens, then one every 54 s.",
		link: "spec/protocol.md#heartbeat",
	},
	"HB-2": {
		level: "seed",
		text: "If a connection has not answered a ping 60 s after its last pong, or after it opened, the server cuts it without a close frame.",
		link: "spec/protocol.md#heartbeat",
	},
	"HB-3": {
		level: "seed",
		text: "A connection that answers its pings stays open.",
		link: "spec/protocol.md#heartbeat",
	},
	"HB-4": {
		level: "durable",
		text: "Messages do not count as pongs: they do not keep a connection open.",
		link: "spec/protocol.md#heartbeat",
	},
	"HB-5": {
		level: "durable",
		text: "The deadline is suspended while a ping waits behind bytes that the peer is still taking, in the server's memory or in its kernel's.",
		link: "spec/protocol.md#heartbeat",
	},
	"HB-6": {
		level: "durable",
		text: "After a stall of the server itself, the server pings before it cuts a connection.",
		link: "spec/protocol.md#heartbeat",
	},
	"HB-7": {
		level: "durable",
		text: "The server refuses to start with a time-out that is not longer than the interval.",
		link: "spec/protocol.md#heartbeat",
	},
	"HB-8": {
		level: "durable",
		text: "The deadline is suspended while a message from the peer is arriving, because the peer's pong comes after the message. FR-15 limits how long that may take.",
		link: "spec/protocol.md#heartbeat",
	},
	"CL-1": {
		level: "seed",
		text: "The server answers a client's close with the client's own code. It sends 1000 only in answer to 1000.",
		link: "spec/protocol.md#closing",
	},
	"CL-2": {
		level: "durable",
		text: "A server that stops rejects new connections, and stores and answers the frames that it has read. It then closes each connection with 1001 `retry_ms=N`, and spreads N over the clients.",
		link: "spec/protocol.md#closing",
	},
	"CL-3": {
		level: "durable",
		text: "1008 has one of these reasons: `token expired`, `token revoked`, `token of another user`, `removed from the conversation`, `deleted`, `too many invalid frames` or `a message took too long`.",
		link: "spec/protocol.md#closing",
	},
	"CL-4": {
		level: "durable",
		text: "A fault of the server itself closes the connection with 1011, and the server does not disclose the cause.",
		link: "spec/protocol.md#closing",
	},
	"SL-1": {
		level: "durable",
		text: "Once more than 256 KiB, or the configured limit, waits for a connection, the server keeps nothing more for it in memory. When the connection reads again, the server continues from the log: every entry, in order, once each. Other connections do not wait for it.",
		link: "spec/protocol.md#slow-readers",
	},
	"SL-2": {
		level: "durable",
		text: "The server may drop `typing` and presence for a slow connection. Of the watermarks that the connection missed, it gets each participant's newest.",
		link: "spec/protocol.md#slow-readers",
	},
	"SL-3": {
		level: "durable",
		text: "The server closes with 1013 a connection that takes none of the bytes that wait for it for 30 s. It does not close a connection that takes a few, however slow, as far as the server can observe this: the pong is the only sign of bytes that wait on the peer's side or in a proxy.",
		link: "spec/protocol.md#slow-readers",
	},
	"SL-4": {
		level: "durable",
		text: "The server reads more slowly from a connection that sends faster than the server stores, or that does not read its answers. It drops nothing from that connection.",
		link: "spec/protocol.md#slow-readers",
	},
	"SL-5": {
		level: "durable",
		text: "The memory for all slow connections together is bounded too. The more of it is in use, the less the server keeps for each.",
		link: "spec/protocol.md#slow-readers",
	},
	"SL-6": {
		level: "durable",
		text: "The memory for messages that have not arrived completely, or that wait to be handled, is bounded for each user and in total; the server closes a connection that would exceed this bound with 1013 `too many unfinished messages`. Messages on their way to the disk have a bound too: beyond it the server does not read the user's connections, and drops nothing.",
		link: "spec/protocol.md#slow-readers",
	},
	"DC-1": {
		level: "durable",
		text: "A connection with `device_id` and without a cursor continues after the newest entry that this device of this user has proved to have received. Every later entry comes at least once, in order, and only unproven entries come again.",
		link: "spec/protocol.md#delivery-cursors",
	},
	"DC-2": {
		level: "durable",
		text: "A device that the server sees for the first time begins at the head, or at its cursor. From there on it misses no entry, even if its first connection fails.",
		link: "spec/protocol.md#delivery-cursors",
	},
	"DC-3": {
		level: "durable",
		text: "A pong proves entries if it echoes the payload of a ping that the server sent after them and that the client has not answered before. Sending an entry proves nothing, and neither does any other pong.",
		link: "spec/protocol.md#delivery-cursors",
	},
	"DC-4": {
		level: "durable",
		text: "The server sends such pings after deliveries and after openings (DC-8), at most one a second. Connections without `device_id` get only the heartbeat's pings.",
		link: "spec/protocol.md#delivery-cursors",
	},
	"DC-5": {
		level: "durable",
		text: "Only the newest connection of a device moves the device's cursor. A cursor never moves back.",
		link: "spec/protocol.md#delivery-cursors",
	},
	"DC-6": {
		level: "durable",
		text: "The server keeps cursors per user, conversation and device, across restarts, for 90 days after their last move or use. It keeps them for 16 devices of a user in a conversation; beyond that, the device that was quiet for longest begins anew.",
		link: "spec/protocol.md#delivery-cursors",
	},
	"DC-7": {
		level: "durable",
		text: 'The server answers a `device_id` that is not a UUID with 400 `{"error": "invalid device_id"}`. It checks this after `conversation_id` and before the participant.',
		link: "spec/protocol.md#delivery-cursors",
	},
	"DC-8": {
		level: "durable",
		text: "A cursor that a device gives, and that the server finds, states that the device has everything before it: the server sends a ping after the connection opens, and its pong proves everything up to the cursor. So a device that gives `after=head` begins at the head, whatever it has missed; without such a pong it still continues from its earlier position.",
		link: "spec/protocol.md#delivery-cursors",
	},
	"RM-1": {
		level: "durable",
		text: "The removal of a participant, by another user or by leaving, is an entry `participant_removed`. It has its own `seq`, in the same order as messages, on every connection.",
		link: "spec/protocol.md#removal",
	},
	"RM-2": {
		level: "durable",
		text: "The removal is the last frame that the removed user gets. The server then closes that user's connections with 1008 `removed from the conversation`, within a second.",
		link: "spec/protocol.md#removal",
	},
	"RM-3": {
		level: "durable",
		text: "The server refuses what a removed user sends after the removal, does not store it, and refuses the user as in HS-8 until the user is added again. A user who left may rejoin by connecting, under the policy `open`.",
		link: "spec/protocol.md#removal",
	},
	"RM-4": {
		level: "durable",
		text: "Owners remove any participant, every participant may leave, and no other user removes a participant. Removing the same user twice makes one entry.",
		link: "spec/protocol.md#removal",
	},
	"RM-5": {
		level: "durable",
		text: "When the last owner leaves, the participant who joined first becomes the owner of the conversation, a reader only if all participants are readers. No entry reports it: a client reads the roles again (RS-7) after a `participant_removed`. The first user who joins a conversation that all participants have left becomes its owner, unless the user left it as a reader.",
		link: "spec/protocol.md#removal",
	},
	"CV-1": {
		level: "durable",
		text: "`PATCH /v1/conversations/{id}` changes `title`, `metadata` and `closed`, within the limits of the creation, and returns the conversation. Every connection gets an entry `conversation_changed` with the fields that have new values. The server answers a user who is not an owner with 403.",
		link: "spec/protocol.md#changes-of-a-conversation",
	},
	"CV-2": {
		level: "durable",
		text: "A change that gives no field a new value makes no entry.",
		link: "spec/protocol.md#changes-of-a-conversation",
	},
	"CV-3": {
		level: "durable",
		text: "In a closed conversation the server refuses messages and amendments with the `error` `read_only`, except deletions. It accepts `read`, and messages again after the conversation was opened.",
		link: "spec/protocol.md#changes-of-a-conversation",
	},
	"CV-4": {
		level: "durable",
		text: "`PATCH .../participants/{user}` gives a participant the role `owner`, `moderator`, `member` or `reader`, and returns the conversation. Every connection gets an entry `role_changed`, unless the participant has the role. Only owners may call it.",
		link: "spec/protocol.md#changes-of-a-conversation",
	},
	"CV-5": {
		level: "durable",
		text: 'The server answers a request that would take the role from the last owner with 409 `{"error": "last owner"}`.',
		link: "spec/protocol.md#changes-of-a-conversation",
	},
	"CV-6": {
		level: "durable",
		text: "A reader can send only `read`. The server refuses a reader's messages and amendments with the `error` `read_only`, and ignores `typing`.",
		link: "spec/protocol.md#changes-of-a-conversation",
	},
	"CV-7": {
		level: "durable",
		text: "Users who are added to an existing conversation are an entry `participant_added`, one for each request, before every later message. Creating a conversation and joining under the policy `open` make no entry. This entry, `role_changed` and `conversation_changed` do not count as unread and do not move the conversation up in lists.",
		link: "spec/protocol.md#changes-of-a-conversation",
	},
	"CV-8": {
		level: "durable",
		text: "`DELETE /v1/conversations/{id}` deletes the conversation with everything in it and answers 204. Only owners may call it. The server closes the conversation's connections with 1008 `deleted`, and answers every later request as for a conversation that does not exist (RS-2).",
		link: "spec/protocol.md#changes-of-a-conversation",
	},
	"CV-9": {
		level: "durable",
		text: "The id of a deleted conversation is not used again: the server answers its creation and handshakes with 403, also under the policy `open`.",
		link: "spec/protocol.md#changes-of-a-conversation",
	},
	"CV-10": {
		level: "durable",
		text: "When the deletion is finished, no file of the data directory contains content of the conversation. If a backup or another process has the files open, this holds a few seconds after it has closed them.",
		link: "spec/protocol.md#changes-of-a-conversation",
	},
	"ME-1": {
		level: "durable",
		text: "`PUT /v1/conversations/{id}/me` stores the caller's own `muted_until`, `archived`, `favourite` and `marked_unread`, and returns all four. Fields that the request leaves out keep their values. Only the user's own list and conversation contain them. They outlive a removal.",
		link: "spec/protocol.md#own-settings",
	},
	"ME-2": {
		level: "durable",
		text: "The user's next `read` clears `marked_unread`, also if it does not move the watermark.",
		link: "spec/protocol.md#own-settings",
	},
	"DM-1": {
		level: "durable",
		text: '`POST /v1/conversations` with `{"direct": user_id}` returns the one direct conversation of the two users: 201 if the request created it, 200 if it existed. Users who ask at the same time get the same conversation.',
		link: "spec/protocol.md#direct-conversations",
	},
	"DM-2": {
		level: "durable",
		text: 'No user joins or leaves a direct conversation: the server answers additions, removals and changes of roles with 409 `{"error": "direct conversation"}`, and the policy `open` admits no other user.',
		link: "spec/protocol.md#direct-conversations",
	},
	"DM-3": {
		level: "durable",
		text: 'A request for a direct conversation with a user who has blocked the caller creates none and gets 403 `{"error": "forbidden"}`. A block does not change an existing direct conversation. RS-20 applies to a new one.',
		link: "spec/protocol.md#direct-conversations",
	},
	"DM-4": {
		level: "durable",
		text: "Lists and conversations contain `kind`, which is `direct` or `group`, and for a direct conversation `direct_user`, the other user.",
		link: "spec/protocol.md#direct-conversations",
	},
	"DM-5": {
		level: "durable",
		text: "Both users of a direct conversation are members. Only a token with the scope `admin` changes or deletes it.",
		link: "spec/protocol.md#direct-conversations",
	},
	"RS-1": {
		level: "durable",
		text: "The server makes the checks of the handshake in the same order with the same answers: origin, token, user id, conversation id, participant.",
		link: "spec/protocol.md#rest",
	},
	"RS-2": {
		level: "durable",
		text: "The answer to any request for a conversation that does not exist is the same, byte for byte, as for a conversation in which the user is not a participant.",
		link: "spec/protocol.md#rest",
	},
	"RS-3": {
		level: "durable",
		text: 'The server answers a refused request with `{"error": ...}` and 4xx or 5xx, and changes nothing. A body that breaks its schema gets 400, a body that is too long 413, and a route that does not exist 404.',
		link: "spec/protocol.md#rest",
	},
	"RS-4": {
		level: "durable",
		text: "`POST /v1/conversations` creates a conversation that the caller owns, with the id in the request or one that the server chooses. It answers 201 with the conversation.",
		link: "spec/protocol.md#rest",
	},
	"RS-5": {
		level: "durable",
		text: "For an id that is taken, the server answers a participant with 409 and any other user with 403, and changes nothing.",
		link: "spec/protocol.md#rest",
	},
	"RS-6": {
		level: "durable",
		text: "`GET /v1/conversations` lists the user's own conversations, most recently active first, each once over all pages. Each has a title, the last message, and `unread` and `mentions` (UN-1, UN-3).",
		link: "spec/protocol.md#rest",
	},
	"RS-7": {
		level: "durable",
		text: "`GET /v1/conversations/{id}` returns title, metadata, head and participants; for a participant also the role, `read_seq`, `unread` and `mentions`, as RS-6.",
		link: "spec/protocol.md#rest",
	},
	"RS-8": {
		level: "durable",
		text: "`POST .../participants` adds participants. Only owners may call it.",
		link: "spec/protocol.md#rest",
	},
	"RS-9": {
		level: "durable",
		text: "`DELETE .../participants/{user}` removes one participant, under RM-1 to RM-5, and answers 204.",
		link: "spec/protocol.md#rest",
	},
	"RS-10": {
		level: "durable",
		text: "`GET .../messages` returns the newest 50 entries, or `limit` up to 100, in ascending order of `seq`. They include every type, as the server broadcast them.",
		link: "spec/protocol.md#rest",
	},
	"RS-11": {
		level: "durable",
		text: "`before`, `after`, `before_seq` and `after_seq` page through the history in both directions by `next`, which is null at the end. The server answers a cursor that names no entry with 404, and more than one cursor with 400.",
		link: "spec/protocol.md#rest",
	},
	"RS-12": {
		level: "durable",
		text: "`POST .../messages` is the same command as the frame. It answers 201 with the entry that every connection gets, 200 with the first message for a repeat, and 409 for a conflict.",
		link: "spec/protocol.md#rest",
	},
	"RS-13": {
		level: "durable",
		text: "`GET .../receipts` returns each participant's watermark.",
		link: "spec/protocol.md#rest",
	},
	"RS-18": {
		level: "durable",
		text: "Each receipt also has `delivered`, the newest entry that one of the user's devices has proved to have received. If the user has several devices, the receipt also has the position of each.",
		link: "spec/protocol.md#rest",
	},
	"RS-19": {
		level: "durable",
		text: 'A conversation has at most 100,000 participants, or the configured limit. The server answers a request that would exceed it with 409 `{"error": "too many participants"}` and adds no user; under the policy `open` no user joins a full conversation (HS-8).',
		link: "spec/protocol.md#rest",
	},
	"RS-20": {
		level: "durable",
		text: 'One user may make at most 1,000 unanswered participations of another user, or the configured limit. The server answers a request that would exceed this for any of its users with 409 `{"error": "too many unanswered additions"}` and adds no user. The added user answers with a first connection, message or `read` in the conversation, or by ending the participation. Participations that a token with the scope `admin` makes, and those that users make for themselves, do not count.',
		link: "spec/protocol.md#rest",
	},
	"RS-21": {
		level: "durable",
		text: "`PUT /v1/blocks/{user}` stops that user from adding the caller to conversations: a blocked user's request still adds the other users that it names. `DELETE` ends the block; both answer 204, however often the caller sends them. `GET /v1/blocks` lists the users that the caller has blocked, at most 1,000. A block changes no existing participation, and does not apply to tokens with the scope `admin`.",
		link: "spec/protocol.md#rest",
	},
	"RS-22": {
		level: "durable",
		text: "`GET .../messages?view=timeline` returns every entry that is not an amendment. Each message has its fold: `reactions` with `count`, `me` and the first ten `user_ids`, `pinned`, and `thread`. Empty ones are absent. `as_of_seq` is the newest entry that the page takes into account. `view=log` is the default.",
		link: "spec/protocol.md#rest",
	},
	"RS-23": {
		level: "durable",
		text: "`thread_id=` returns only the replies of a thread, as `view=timeline` does. `thread` of its first message has `count`, `last_at` and the five users who replied most recently. Deleted replies do not count.",
		link: "spec/protocol.md#rest",
	},
	"RS-24": {
		level: "durable",
		text: "`GET .../pins` returns the pinned messages in the same form, by the order of the messages.",
		link: "spec/protocol.md#rest",
	},
	"RS-25": {
		level: "durable",
		text: '`GET .../messages/{id}` returns one message with its fold, also a deleted one. Any other id gets 404 `{"error": "unknown message"}`.',
		link: "spec/protocol.md#rest",
	},
	"RS-26": {
		level: "durable",
		text: "`PATCH` and `DELETE .../messages/{id}`, and `PUT` and `DELETE` of `.../messages/{id}/pin` and `.../messages/{id}/reactions/{reaction}`, are the same commands as the frames. They answer 201 with the entry. If they made none, they answer 200 with `message_id`, `seq` and `timestamp` as in the `ack`.",
		link: "spec/protocol.md#rest",
	},
	"RS-27": {
		level: "durable",
		text: "A refused command gets the status of its code: `unknown_message` 404, `message_deleted` 410, `forbidden` and `read_only` 403, `version_conflict`, `limit_reached` and `client_message_id_conflict` 409.",
		link: "spec/protocol.md#rest",
	},
	"RS-14": {
		level: "durable",
		text: "`GET .../presence` returns the users who are online, each once.",
		link: "spec/protocol.md#rest",
	},
	"RS-15": {
		level: "durable",
		text: "Allowed origins get CORS headers, and answers vary by `Origin`.",
		link: "spec/protocol.md#rest",
	},
	"RS-16": {
		level: "durable",
		text: "`/healthz` answers while the process runs. `/readyz` answers 503 once the server is stopping, and while it can store nothing.",
		link: "spec/protocol.md#rest",
	},
	"RS-17": {
		level: "durable",
		text: "A token with the scope `admin` has an owner's rights in every conversation: it sees the conversation and its participants, adds and removes. It reads and sends messages only in conversations in which its user is a participant.",
		link: "spec/protocol.md#rest",
	},
	"RS-30": {
		level: "durable",
		text: "The server answers a body with more than 65,536 characters outside its strings with 400, before it parses the body.",
		link: "spec/protocol.md#rest",
	},
	"RS-31": {
		level: "durable",
		text: "If a client sends further requests on a connection before it has the answer to an earlier one, the server answers them in order, one at a time. At most 16 wait: the answer to the last of them has `Connection: close`, the server drops later requests, and the client sends those again.",
		link: "spec/protocol.md#rest",
	},
	"RS-32": {
		level: "durable",
		text: "The server answers a body that is not valid UTF-8 with 400, and a charset other than UTF-8 with 415.",
		link: "spec/protocol.md#rest",
	},
	"RS-33": {
		level: "durable",
		text: "A number in a query is decimal digits, at most 2^53 - 1. The server answers any other value with 400.",
		link: "spec/protocol.md#rest",
	},
	"RS-34": {
		level: "durable",
		text: "Memory for answers and for bodies is bounded, in total and for each user. A request for which there is no room waits a few seconds or not at all, and gets 503 with `Retry-After`. Other users are not affected.",
		link: "spec/protocol.md#rest",
	},
	"RS-35": {
		level: "durable",
		text: "The server closes the connection of a client that takes nothing of an answer for 30 s. It does not cut a slow client.",
		link: "spec/protocol.md#rest",
	},
	"RS-36": {
		level: "durable",
		text: 'Every error of the HTTP server has the shape `{"error": ...}` as `application/json`, including errors for requests that it cannot parse. An error repeats neither the URL nor a header.',
		link: "spec/protocol.md#rest",
	},
	"EP-1": {
		level: "durable",
		text: "A log has an epoch, a random UUID that stays the same across restarts. `GET .../messages`, `GET /v1/conversations` and `GET /v1/conversations/{id}` return it as `epoch`.",
		link: "spec/protocol.md#epoch",
	},
	"EP-2": {
		level: "durable",
		text: "A log that was restored from a backup has a new epoch.",
		link: "spec/protocol.md#epoch",
	},
	"EP-3": {
		level: "durable",
		text: 'The server answers a REST request whose query has an `epoch` other than that of the log with 412 `{"error": "epoch changed"}`, and changes nothing. It checks the epoch after the token and before anything else.',
		link: "spec/protocol.md#epoch",
	},
	"EP-4": {
		level: "v1",
		text: "`welcome` carries `epoch`.",
		link: "spec/protocol.md#epoch",
	},
	"V1-1": {
		level: "v1",
		text: "For a client that offers `secureconnect.v1` the server selects this subprotocol, and no other.",
		link: "spec/protocol.md#v1",
	},
	"V1-2": {
		level: "v1",
		text: "The first frame is `welcome`. It has the conversation, the connection's own user id, `head_seq`, the users who are online (at most 100, and the count), watermarks, limits, intervals and `expires_at`.",
		link: "spec/protocol.md#v1",
	},
	"V1-3": {
		level: "v1",
		text: "`recovered` in `welcome` states whether the client gave a cursor and the server found it.",
		link: "spec/protocol.md#v1",
	},
	"V1-4": {
		level: "v1",
		text: "`auth` with a valid token of the same user renews the connection's expiry. The server answers with `auth_ok`, which has `expires_at`.",
		link: "spec/protocol.md#v1",
	},
	"V1-5": {
		level: "v1",
		text: "The server answers `auth` with an invalid token with the `error` `unauthorized`, and the old expiry stays in force.",
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
	"IN-1": {
		level: "v1",
		text: "`GET /v1/ws/inbox` opens one connection for all conversations of a user. The server makes the checks of HS-13 without those about a conversation, a device or a participant. It answers a client that does not offer `secureconnect.v1` with 426.",
		link: "spec/protocol.md#inbox",
	},
	"IN-2": {
		level: "v1",
		text: "The first frame is `inbox`: user, `epoch`, the 100 conversations with the most recent activity, `more`, totals, limits, intervals and `expires_at`. Rows equal those of `GET /v1/conversations`, without `metadata`.",
		link: "spec/protocol.md#inbox",
	},
	"IN-3": {
		level: "v1",
		text: "`last_message` of a row with more than 4,096 bytes has only its first 1,000 characters, empty `metadata`, and `truncated: true`.",
		link: "spec/protocol.md#inbox",
	},
	"IN-4": {
		level: "v1",
		text: "Every frame about a conversation carries `conversation_id`, in both directions, also `ack` and `error`. The server refuses a frame without a valid `conversation_id` with `invalid_frame`. `auth` has none.",
		link: "spec/protocol.md#inbox",
	},
	"IN-5": {
		level: "v1",
		text: "`subscribe` gets `subscribed`, then the user's own `user_joined` (but see IN-14), the replay and live frames. RE-1 to RE-10 hold for its `after` and `after_seq`, and `subscribed` has the fields of `welcome` that are about the conversation.",
		link: "spec/protocol.md#inbox",
	},
	"IN-6": {
		level: "v1",
		text: "`subscribe` of a user who is not a participant gets the `error` `not_participant`; HS-15 decides it as for a handshake.",
		link: "spec/protocol.md#inbox",
	},
	"IN-7": {
		level: "v1",
		text: "`subscribe` for a conversation that has a subscription on this connection gets `invalid_frame` and changes nothing. Beyond 200 subscriptions it gets `limit_reached`. FR-11 counts neither.",
		link: "spec/protocol.md#inbox",
	},
	"IN-8": {
		level: "v1",
		text: "`unsubscribe` gets `unsubscribed`. After it the connection gets no frame of the conversation except answers to its own frames and changes of the list. Without a subscription the answer is the same.",
		link: "spec/protocol.md#inbox",
	},
	"IN-9": {
		level: "v1",
		text: "A removal, a deletion or a failure ends the subscription with `unsubscribed` and its `reason`; the connection stays open. `participant_removed` is the last entry that a removed user gets (RM-2).",
		link: "spec/protocol.md#inbox",
	},
	"IN-10": {
		level: "v1",
		text: "Commands need participation and no subscription. Without a subscription the server answers each stored command with `ack`; with one, the connection's own copy of the entry is the answer, as on a chat connection.",
		link: "spec/protocol.md#inbox",
	},
	"IN-11": {
		level: "v1",
		text: "A change of a row of the user's list (new entries, reads on any device, own settings, changes of the conversation) is sent in `inbox_changed` with the newest state of the row, at most one frame per second and conversation. Without further changes the last one equals the list of REST, within 2 s.",
		link: "spec/protocol.md#inbox",
	},
	"IN-12": {
		level: "v1",
		text: "A conversation that the user joins, creates, or is added to is sent in `conversation_added`; the end of the participation in `conversation_removed`.",
		link: "spec/protocol.md#inbox",
	},
	"IN-13": {
		level: "v1",
		text: "Totals are over all conversations of the user without archived ones and without those muted now.",
		link: "spec/protocol.md#inbox",
	},
	"IN-14": {
		level: "v1",
		text: "A subscription counts as a connection of the user for presence unless it has `presence: false`; it then gets no `user_joined` of its own user. The inbox connection itself does not count. `unsubscribe` and a close with 1000 count as PR-6, the end of the socket otherwise as PR-7.",
		link: "spec/protocol.md#inbox",
	},
	"IN-15": {
		level: "v1",
		text: "A subscription with `device_id` follows DC-1 to DC-8 like a connection of its own.",
		link: "spec/protocol.md#inbox",
	},
	"IN-16": {
		level: "v1",
		text: "Between `inbox` and later frames no change of the list is missing.",
		link: "spec/protocol.md#inbox",
	},
	"IN-17": {
		level: "v1",
		text: "A subscription with many entries to replay does not hold up the frames of the other subscriptions of its connection. SL rules hold for the connection as a whole.",
		link: "spec/protocol.md#inbox",
	},
} as const satisfies Record<string, Rule>;

export type RuleId = keyof typeof RULES;
