import { useEffect, useRef } from "react";

/** Field that filters the list. Ctrl+K or Cmd+K leads to it from everywhere. */
export function FilterField(props: {
	readonly value: string;
	readonly onChange: (value: string) => void;
	/** Moves the focus to the first conversation. */
	readonly onDown: () => void;
	/** Opens the first conversation. */
	readonly onOpen: () => void;
}) {
	const { value, onChange } = props;
	const field = useRef<HTMLInputElement>(null);
	useEffect(() => {
		const listener = (event: KeyboardEvent): void => {
			if (event.key.toLowerCase() !== "k" || event.altKey || event.shiftKey)
				return;
			// In a dialog the rest of the page takes no focus.
			if (!(event.ctrlKey || event.metaKey) || isCovered()) return;
			event.preventDefault();
			field.current?.focus();
			field.current?.select();
		};
		addEventListener("keydown", listener);
		return () => removeEventListener("keydown", listener);
	}, []);
	return (
		<div className="filter">
			<input
				ref={field}
				type="search"
				dir="auto"
				aria-label="Filter conversations"
				aria-keyshortcuts="Control+K Meta+K"
				placeholder="Filter"
				autoComplete="off"
				spellCheck="false"
				value={value}
				onChange={(event) => onChange(event.currentTarget.value)}
				onKeyDown={(event) => {
					if (event.nativeEvent.isComposing) return;
					const { key } = event;
					if (key === "ArrowDown") props.onDown();
					else if (key === "Enter" && value.trim() !== "") props.onOpen();
					else if (key === "Escape") onChange("");
					else return;
					event.preventDefault();
				}}
			/>
		</div>
	);
}

function isCovered(): boolean {
	return (
		document.querySelector('[role="dialog"],[role="alertdialog"]') !== null
	);
}
