import type { ConnectionState } from "@secureconnect/client";
import { useEffect, useState } from "react";

/** The banner stays hidden if the connection opens within this time. */
const QUIET_MS = 1000;

/** Shows the connection's state unless it is open, and what happens to messages that the user writes meanwhile. */
export function ConnectionBanner(props: {
	readonly state: ConnectionState;
	/** Number of messages that wait to be sent. */
	readonly queued: number;
	readonly onReconnect: () => void;
}) {
	const { state, queued } = props;
	const isLate = useLate(
		state.name === "open",
		describe(state, false) !== undefined,
	);
	const told = describe(state, isLate);
	return (
		<div className="banner-place" role="status">
			{told && (
				<div className="banner" data-tone={told.tone}>
					<span>
						<span>{told.words}</span>
						{queued > 0 && told.tone !== "over" && (
							<span>{` ${waiting(queued)}`}</span>
						)}
						<Countdown state={state} />
					</span>
					{told.action && (
						<button type="button" onClick={props.onReconnect}>
							{told.action}
						</button>
					)}
				</div>
			)}
		</div>
	);
}

interface Told {
	readonly words: string;
	readonly tone: "wait" | "over";
	readonly action?: string;
}

const BLOCKED =
	"Cannot connect. If many chats are open in this browser, close some.";

function describe(state: ConnectionState, isLate: boolean): Told | undefined {
	switch (state.name) {
		case "open":
			return undefined;
		case "authorising":
		case "connecting":
		case "probing":
			return isLate ? { words: "Connecting…", tone: "wait" } : undefined;
		case "waiting":
			return {
				words: state.problem ? BLOCKED : "No connection to the server.",
				tone: "wait",
				action: "Try now",
			};
		case "offline":
			return {
				words: "You are offline. The chat reconnects when the network is back.",
				tone: "wait",
			};
		case "given_up":
			return {
				words: state.problem
					? BLOCKED
					: "The server did not answer ten attempts.",
				tone: "wait",
				action: "Try again",
			};
		case "closed":
			return {
				words: "The server closed the connection.",
				tone: "over",
				action: "Connect again",
			};
		case "failed":
			return failed(state.error.code, state.error.message);
	}
}

function failed(code: string, message: string): Told {
	switch (code) {
		case "removed":
			return {
				words: "You were removed from this conversation.",
				tone: "over",
			};
		case "deleted":
			return { words: "This conversation was deleted.", tone: "over" };
		case "forbidden":
			return {
				words:
					"You are not a participant of this conversation, or it does not exist.",
				tone: "over",
			};
		case "unauthorized":
			return { words: "You are signed out.", tone: "over" };
		default:
			return {
				words: `The connection failed: ${message}.`,
				tone: "over",
				action: "Connect again",
			};
	}
}

function waiting(queued: number): string {
	return queued === 1
		? "1 message waits to be sent."
		: `${queued} messages wait to be sent.`;
}

/** Shows the seconds until the next attempt. Hidden from screen readers, which would read out every second. */
function Countdown({ state }: { readonly state: ConnectionState }) {
	const [endsAt, setEndsAt] = useState(0);
	const [now, setNow] = useState(0);
	useEffect(() => {
		if (state.name !== "waiting") return;
		setEndsAt(Date.now() + state.delayMs);
		setNow(Date.now());
		const timer = setInterval(() => setNow(Date.now()), 1000);
		return () => clearInterval(timer);
	}, [state]);
	const seconds = Math.ceil((endsAt - now) / 1000);
	if (state.name !== "waiting" || seconds < 2) return null;
	return <span aria-hidden="true">{` Trying again in ${seconds} s.`}</span>;
}

/**
 * Tells whether `isThere` has been false for at least {@link QUIET_MS}, or the banner has been shown since then.
 * Without the second, the banner disappears during the next attempt, and the messages jump.
 */
function useLate(isThere: boolean, isShown: boolean): boolean {
	const [isLate, setLate] = useState(false);
	useEffect(() => {
		if (isThere || isShown) {
			setLate(!isThere);
			return;
		}
		const timer = setTimeout(() => setLate(true), QUIET_MS);
		return () => clearTimeout(timer);
	}, [isThere, isShown]);
	return isLate;
}
