import { memo, useState } from "react";
import { parts } from "./links.ts";
import { cut } from "./long-text.ts";
import { type Mentioned, MentionText } from "./mention-text.tsx";

/**
 * Shows the content of a message as plain text. Only web addresses become links. A link shows its host, opens in a new
 * tab and sends no referrer.
 */
export const MessageText = memo(function MessageText(props: {
	readonly content: string;
	/** Users whom the message mentions. Must be the same object at each rendering. */
	readonly mentions?: Mentioned | undefined;
	/** The user's id. */
	readonly me?: string;
	/** -1 in the list, where the keys of the list lead to links and buttons: a message is a single stop of Tab. */
	readonly tabIndex?: -1;
}) {
	const [isWhole, setWhole] = useState(false);
	const { content, mentions, me = "", tabIndex } = props;
	const short = cut(content);
	const isCut = !isWhole && short !== undefined;
	return (
		<>
			{/* The paragraph takes its direction from its text and does not change the direction of the text around it. */}
			<p className="text" dir="auto">
				{parts(content, isCut ? short.length : undefined).map((part, i) =>
					part.href === undefined ? (
						// Browser translation replaces text nodes. React can then remove only elements.
						// biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text do not move
						<span key={i}>
							{mentions ? (
								<MentionText text={part.text} mentions={mentions} me={me} />
							) : (
								part.text
							)}
						</span>
					) : (
						<a
							// biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text do not move
							key={i}
							href={part.href}
							tabIndex={tabIndex}
							target="_blank"
							rel="noopener noreferrer nofollow"
						>
							{part.text}
							{part.host !== undefined && <small>{` (${part.host})`}</small>}
						</a>
					),
				)}
				{isCut && <span>…</span>}
			</p>
			{short !== undefined && (
				<button
					className="link"
					type="button"
					tabIndex={tabIndex}
					aria-expanded={isWhole}
					onClick={() => setWhole(!isWhole)}
				>
					<span>
						{isWhole
							? "Show less"
							: `Show all ${content.length.toLocaleString()} characters`}
					</span>
				</button>
			)}
		</>
	);
});
