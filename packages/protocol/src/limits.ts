/** Limits of one frame. Sizes are bytes of UTF-8 unless a name says otherwise. */
export const Limits = {
	/** Default of a setting: a whole WebSocket message, or a REST body. */
	maxMessageBytes: 1024 * 1024,
	/** `metadata`, as JSON. */
	maxMetadataBytes: 16 * 1024,
	/** Nested objects and arrays, the frame itself being the first. */
	maxDepth: 16,
	/** Characters of a frame or body outside its strings, quotes included: what parsing costs. */
	maxStructureCharacters: 64 * 1024,
	/** Characters of a frame that is not `chat`. An `auth` frame carries a token. */
	maxOtherFrameCharacters: 16 * 1024,
	/** Unicode code points. */
	maxMessageTypeLength: 64,
	maxTitleLength: 256,
	maxNameLength: 128,
	/** Participants named in one request. */
	maxParticipantsPerRequest: 1000,
	/** Users whom one user blocks. */
	maxBlocks: 1000,
	/** Frames that break the protocol, per connection, before it is closed with 1008. */
	invalidFrames: 20,
	invalidFramesWindowMs: 60_000,
	maxPageSize: 100,
	defaultPageSize: 50,
	/** Devices of a user whose delivery cursor is kept, per conversation; and for how long after it last moved. */
	maxDevices: 16,
	deviceCursorMs: 90 * 24 * 3600 * 1000,
	/** Users and watermarks listed in a `welcome`. */
	maxWelcomeUsers: 100,
} as const;
