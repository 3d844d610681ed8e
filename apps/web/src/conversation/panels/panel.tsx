import { type ReactNode, useEffect, useRef } from "react";
import { BackIcon, CloseIcon } from "../../ui/icons.tsx";
import { isTouch } from "../../ui/touch.ts";
import { useBackCloses } from "../../ui/use-back-closes.ts";

/** The panel covers the conversation in a window of at most this width. */
const COVERS = "(max-width: 64rem)";

/** Shows a panel beside the conversation, or over it if the window is narrow. */
export function Panel(props: {
	readonly title: string;
	readonly onClose: () => void;
	readonly children: ReactNode;
}) {
	const heading = useRef<HTMLHeadingElement>(null);
	const before = useRef<Element>(document.activeElement);
	const { onClose } = props;
	const covers = useRef(matchMedia(COVERS).matches);
	useEffect(() => {
		// A panel with a composer focuses that, except on a touch screen, where it would open the keyboard.
		if (
			isTouch ||
			!heading.current?.closest(".panel")?.contains(document.activeElement)
		)
			heading.current?.focus();
		const opener = before.current;
		return () => {
			// Only if the focus is gone with the panel.
			queueMicrotask(() => {
				if (document.activeElement === document.body && opener?.isConnected)
					(opener as HTMLElement).focus({ preventScroll: true });
			});
		};
	}, []);
	return (
		<aside className="panel" aria-label={props.title}>
			{covers.current && <ClosesWithBack onClose={onClose} />}
			{/* Escape closes the panel from any of its elements. A menu or a composer that handles the key stops it. */}
			{/* biome-ignore lint/a11y/noStaticElementInteractions: see above */}
			<div
				className="panel-content"
				onKeyDown={(event) => {
					if (event.key !== "Escape" || event.defaultPrevented) return;
					event.stopPropagation();
					onClose();
				}}
			>
				<header>
					<button
						className="round panel-back"
						type="button"
						aria-label="Back to the conversation"
						onClick={onClose}
					>
						<BackIcon />
					</button>
					<h2 ref={heading} tabIndex={-1}>
						{props.title}
					</h2>
					<button
						className="round panel-close"
						type="button"
						aria-label="Close"
						onClick={onClose}
					>
						<CloseIcon />
					</button>
				</header>
				{props.children}
			</div>
		</aside>
	);
}

function ClosesWithBack({ onClose }: { readonly onClose: () => void }) {
	useBackCloses(onClose);
	return null;
}
