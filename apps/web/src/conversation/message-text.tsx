import { memo, useState } from "react";
import { parts } from "./links.ts";
import { cut } from "./long-text.ts";

/**
 * What somebody wrote, as text and nothing else. Only what is certainly a web address becomes a link, which shows where
 * it leads; it opens elsewhere, and is told nothing of this page.
 */
export const MessageText = memo(function MessageText(props: {
	readonly content: string;
}) {
	const [isWhole, setWhole] = useState(false);
	const { content } = props;
	const short = cut(content);
	const isCut = !isWhole && short !== undefined;
	return (
		<>
			{/* A paragraph that takes its direction from what is in it; nothing in it turns what is around it. */}
			<p className="text" dir="auto">
				{parts(content, isCut ? short.length : undefined).map((part, i) =>
					part.href === undefined ? (
						// Translation replaces text nodes: only elements can be taken away again.
						// biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text do not move
						<span key={i}>{part.text}</span>
					) : (
						<a
							// biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text do not move
							key={i}
							href={part.href}
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
