import {
	type FormEvent,
	type KeyboardEvent,
	memo,
	useEffect,
	useRef,
} from "react";
import { draftOf, keepDraft } from "../account/drafts.ts";
import { SendIcon } from "../ui/icons.tsx";
import { isTouch } from "../ui/touch.ts";
import { sends } from "./sending-keys.ts";

const NO_FILES = "You can only send text. The file was not added.";

export const Composer = memo(function Composer(props: {
	readonly me: string;
	readonly conversationId: string;
	readonly title: string;
	readonly writesAs: string | undefined;
	/** Reason why the user cannot send; undefined if they can. */
	readonly closed: string | undefined;
	/** @returns the reason of a refusal; undefined if the message was accepted */
	readonly onSend: (content: string) => string | undefined;
	readonly onTyping: () => void;
	readonly onError: (why: string) => void;
}) {
	const { me, conversationId, onSend, onError } = props;
	const field = useRef<HTMLTextAreaElement>(null);
	useEffect(() => {
		const { current } = field;
		if (!current) return;
		current.value = draftOf(me, conversationId);
		fit(current);
		// On a phone the focus would open the keyboard over the messages.
		if (!isTouch) current.focus();
	}, [me, conversationId]);

	const send = (): void => {
		const { current } = field;
		if (!current || current.value.trim() === "") return;
		const why = onSend(current.value);
		onError(why ?? "");
		if (why !== undefined) return;
		current.value = "";
		keepDraft(me, conversationId, "");
		fit(current);
		current.focus();
	};
	const submit = (event: FormEvent): void => {
		event.preventDefault();
		send();
	};
	const key = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
		if (sends(event.nativeEvent)) {
			event.preventDefault();
			send();
		} else if (scrollsMessages(event)) event.preventDefault();
	};
	// Users may drop files anywhere on the page.
	useEffect(() => {
		const drop = (event: DragEvent): void => {
			if (event.dataTransfer?.types.includes("Files")) onError(NO_FILES);
		};
		addEventListener("drop", drop);
		return () => removeEventListener("drop", drop);
	}, [onError]);
	return (
		<form className="composer" onSubmit={submit}>
			<textarea
				ref={field}
				rows={1}
				aria-label={`Message to ${props.title}`}
				placeholder={
					props.closed ??
					(props.writesAs ? `Message as ${props.writesAs}` : "Message")
				}
				disabled={props.closed !== undefined}
				enterKeyHint={isTouch ? "enter" : "send"}
				autoComplete="off"
				dir="auto"
				onKeyDown={key}
				onPaste={(event) => {
					const { files, types } = event.clipboardData;
					// A spreadsheet pastes its cells as text and as a picture. The user means the text.
					if (files.length === 0 || types.includes("text/plain")) return;
					event.preventDefault();
					onError(NO_FILES);
				}}
				onInput={({ currentTarget }) => {
					keepDraft(me, conversationId, currentTarget.value);
					fit(currentTarget);
					if (currentTarget.value !== "") props.onTyping();
				}}
			/>
			<button
				className="send"
				type="submit"
				aria-label="Send"
				disabled={props.closed !== undefined}
			>
				<SendIcon />
			</button>
		</form>
	);
});

/** Makes a field as high as its text in browsers without the CSS property `field-sizing`. */
function fit(field: HTMLTextAreaElement): void {
	if (CSS.supports("field-sizing", "content")) return;
	field.style.height = "auto";
	field.style.height = `${field.scrollHeight}px`;
}

/** Scrolls the messages on Page Up and Page Down, unless the field itself can scroll. */
function scrollsMessages({
	key,
	currentTarget: field,
}: KeyboardEvent<HTMLTextAreaElement>): boolean {
	const direction = { PageUp: -1, PageDown: 1 }[key];
	if (direction === undefined || field.scrollHeight > field.clientHeight + 1)
		return false;
	const list = field.closest(".pane")?.querySelector(".scroller");
	list?.scrollBy({ top: direction * 0.9 * list.clientHeight });
	return true;
}
