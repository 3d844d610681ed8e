/** Limits of one frame. Sizes are bytes of UTF-8 unless the name says otherwise. */
export const Limits = {
	/** Size of a whole WebSocket message or a REST body. Default of a setting. */
	maxMessageBytes: 1024 * 1024,
	/** Size of `metadata` as JSON. */
	maxMetadataBytes: 16 * 1024,
	/** Depth of nested objects and arrays. The frame itself is the first level. */
	maxDepth: 16,
	/** Characters of a frame or body outside its strings, quotes included. They determine the cost of parsing. */
	maxStructureCharacters: 64 * 1024,
	/** Characters of a frame other than `chat`. An `auth` frame carries a token. */
	maxOtherFrameCharacters: 16 * 1024,
	/** Length in Unicode code points. */
	maxMessageTypeLength: 64,
	/** Users whom one message may mention. */
	maxMentionedUsers: 50,
	maxReactionLength: 64,
	/** Different reactions to one message. */
	maxReactionsPerMessage: 20,
	/** Pinned messages of one conversation. */
	maxPins: 50,
	/** Reason of a deletion. */
	maxReasonLength: 256,
	maxTitleLength: 256,
	maxNameLength: 128,
	/** Participants in one request. */
	maxParticipantsPerRequest: 1000,
	/** Users whom one user may block. */
	maxBlocks: 1000,
	/** Invalid frames per connection after which the server closes it with 1008. */
	invalidFrames: 20,
	invalidFramesWindowMs: 60_000,
	maxPageSize: 100,
	defaultPageSize: 50,
	/**
	 * Devices per user and conversation whose delivery cursor the server keeps, and how long it keeps a cursor that
	 * does not move.
	 */
	maxDevices: 16,
	deviceCursorMs: 90 * 24 * 3600 * 1000,
	/** Users and watermarks in a `welcome`. */
	maxWelcomeUsers: 100,
	/** Conversations in an `inbox` frame. */
	maxInboxRows: 100,
	/** Subscriptions of one connection. */
	maxSubscriptions: 200,
	/** Size of a message, as JSON, above which a list shortens it, and the Unicode code points that remain. */
	maxListedBytes: 4096,
	listedCharacters: 1000,
} as const;
