import {
	type FormEvent,
	type KeyboardEvent,
	memo,
	useEffect,
	useRef,
} from "react";
import { SendIcon } from "../ui/icons.tsx";
import { isTouch } from "../ui/touch.ts";

/** What was begun in each conversation, and not sent. */
const drafts = new Map<string, string>();

export const Composer = memo(function Composer(props: {
	readonly conversationId: string;
	readonly title: string;
	readonly writesAs: string | undefined;
	/** Why nothing can be sent; undefined where it can. */
	readonly closed: string | undefined;
	/** @returns why it was not taken; undefined where it was */
	readonly onSend: (content: string) => string | undefined;
	readonly onTyping: () => void;
	readonly onError: (why: string) => void;
}) {
	const { conversationId, onSend, onError } = props;
	const field = useRef<HTMLTextAreaElement>(null);
	useEffect(() => {
		const { current } = field;
		if (!current) return;
		current.value = drafts.get(conversationId) ?? "";
		fit(current);
		// A phone would open its keyboard over what is to be read.
		if (!isTouch) current.focus();
	}, [conversationId]);

	const send = (): void => {
		const { current } = field;
		if (!current || current.value.trim() === "") return;
		const why = onSend(current.value);
		onError(why ?? "");
		if (why !== undefined) return;
		current.value = "";
		drafts.delete(conversationId);
		fit(current);
		current.focus();
	};
	const submit = (event: FormEvent): void => {
		event.preventDefault();
		send();
	};
	const key = (event: KeyboardEvent): void => {
		// While an input method is choosing a character, Enter is its own.
		if (
			event.key !== "Enter" ||
			event.shiftKey ||
			event.nativeEvent.isComposing
		)
			return;
		// On a phone's keyboard it is the way to a new line, and the button is under the thumb.
		if (isTouch) return;
		event.preventDefault();
		send();
	};
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
				onKeyDown={key}
				onInput={({ currentTarget }) => {
					drafts.set(conversationId, currentTarget.value);
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

/** Where CSS cannot (`field-sizing`), a field as high as what is in it. */
function fit(field: HTMLTextAreaElement): void {
	if (CSS.supports("field-sizing", "content")) return;
	field.style.height = "auto";
	field.style.height = `${field.scrollHeight}px`;
}
