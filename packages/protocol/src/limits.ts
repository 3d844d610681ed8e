/** Limits of one frame. Sizes are bytes of UTF-8 unless a name says otherwise. */
export const Limits = {
	/** Default of a setting: a whole WebSocket message, or a REST body. */
	maxMessageBytes: 1024 * 1024,
	/** `metadata`, as JSON. */
	maxMetadataBytes: 16 * 1024,
	/** Nested objects and arrays, the frame itself being the first. */
	maxDepth: 16,
	/** Unicode code points. */
	maxMessageTypeLength: 64,
	maxTitleLength: 256,
	maxNameLength: 128,
	/** Participants named in one request. */
	maxParticipantsPerRequest: 1000,
	/** Frames that break the protocol, per connection, before it is closed with 1008. */
	invalidFrames: 20,
	invalidFramesWindowMs: 60_000,
	maxPageSize: 100,
	defaultPageSize: 50,
	/** Users and watermarks listed in a `welcome`. */
	maxWelcomeUsers: 100,
} as const;
