import {
	type FormEvent,
	type KeyboardEvent,
	memo,
	Suspense,
	useEffect,
	useId,
	useRef,
	useState,
} from "react";
import { draftOf, keepDraft } from "../account/drafts.ts";
import { CheckIcon, SendIcon, SmileIcon } from "../ui/icons.tsx";
import { isTouch } from "../ui/touch.ts";
import { Completion, optionId } from "./composer/completion.tsx";
import type { Mode } from "./composer/mode.ts";
import { ModeBar } from "./composer/mode-bar.tsx";
import { useCompletion } from "./composer/use-completion.ts";
import { EmojiPopup } from "./lazy-parts.ts";
import type { Named } from "./mentions.ts";
import { sends } from "./sending-keys.ts";

const NO_FILES = "You can only send text. The file was not added.";

export const Composer = memo(function Composer(props: {
	readonly me: string;
	/** Place of the draft among the user's drafts: a conversation, or a thread in it. */
	readonly draftKey: string;
	/** Name of the field. */
	readonly label: string;
	/** Text in the empty field. */
	readonly placeholder: string;
	/** Reason why the user cannot send; undefined if they can. */
	readonly closed: string | undefined;
	readonly mode: Mode | undefined;
	/** Users who can be mentioned. */
	readonly people: readonly Named[];
	/** @returns the reason of a refusal; undefined if the message was accepted */
	readonly onSend: (content: string) => string | undefined;
	/** Leaves the mode. */
	readonly onCancel: () => void;
	/** Called when the user asks to edit their newest message. Returns whether there is one. */
	readonly onEditLast: () => boolean;
	readonly onTyping: () => void;
	readonly onError: (why: string) => void;
}) {
	const { me, draftKey, mode, onSend, onError, onCancel } = props;
	const field = useRef<HTMLTextAreaElement>(null);
	const picker = useRef<HTMLButtonElement>(null);
	const [isPicking, setPicking] = useState(false);
	const completion = useCompletion(field, props.people);
	const listId = useId();
	const isEditing = mode?.kind === "edit";
	const edit = isEditing ? mode : undefined;
	useEffect(() => {
		const { current } = field;
		if (!current) return;
		// The draft stays in its place during an edit.
		current.value =
			edit?.refused?.text ?? edit?.row.content ?? draftOf(me, draftKey);
		fit(current);
		// On a phone the focus would open the keyboard over the messages.
		if (!isTouch) current.focus();
	}, [me, draftKey, edit]);
	useEffect(() => {
		const { current } = field;
		if (!mode || !current) return;
		current.focus();
		current.setSelectionRange(current.value.length, current.value.length);
	}, [mode]);

	const send = (): void => {
		const { current } = field;
		if (!current || current.value.trim() === "") return;
		const why = onSend(current.value);
		onError(why ?? "");
		if (why !== undefined) return;
		completion.close();
		if (!isEditing) {
			current.value = "";
			keepDraft(me, draftKey, "");
		}
		fit(current);
		current.focus();
	};
	const submit = (event: FormEvent): void => {
		event.preventDefault();
		send();
	};
	const key = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
		if (completion.key(event)) return;
		const isEmpty = event.currentTarget.value === "";
		if (sends(event.nativeEvent)) {
			event.preventDefault();
			send();
		} else if (
			event.key === "Escape" &&
			mode &&
			!event.nativeEvent.isComposing
		) {
			event.preventDefault();
			event.stopPropagation();
			onCancel();
		} else if (
			scrollsMessages(event) ||
			(event.key === "ArrowUp" && isEmpty && !mode && props.onEditLast())
		)
			event.preventDefault();
	};
	// Users may drop files anywhere on the page.
	useEffect(() => {
		const drop = (event: DragEvent): void => {
			if (event.dataTransfer?.types.includes("Files")) onError(NO_FILES);
		};
		addEventListener("drop", drop);
		return () => removeEventListener("drop", drop);
	}, [onError]);
	const active = completion.people[completion.active];
	return (
		<div className="writing">
			{completion.people.length > 0 && (
				<Completion
					id={listId}
					people={completion.people}
					active={completion.active}
					onChoose={(person) =>
						field.current && completion.choose(field.current, person)
					}
				/>
			)}
			{mode && <ModeBar mode={mode} me={me} onCancel={onCancel} />}
			<form className="composer" onSubmit={submit}>
				<div className="field">
					<textarea
						ref={field}
						rows={1}
						aria-label={props.label}
						aria-autocomplete="list"
						aria-controls={active && listId}
						aria-activedescendant={active && optionId(listId, active)}
						placeholder={props.closed ?? props.placeholder}
						disabled={props.closed !== undefined}
						enterKeyHint={isTouch ? "enter" : "send"}
						autoComplete="off"
						dir="auto"
						onKeyDown={key}
						onBlur={completion.close}
						onPaste={(event) => {
							const { files, types } = event.clipboardData;
							// A spreadsheet pastes its cells as text and as a picture. The user means the text.
							if (files.length === 0 || types.includes("text/plain")) return;
							event.preventDefault();
							onError(NO_FILES);
						}}
						onInput={({ currentTarget }) => {
							if (!isEditing) keepDraft(me, draftKey, currentTarget.value);
							fit(currentTarget);
							completion.look(currentTarget);
							if (currentTarget.value !== "") props.onTyping();
						}}
					/>
					<button
						ref={picker}
						className="round emoji"
						type="button"
						aria-label="Emoji"
						aria-haspopup="dialog"
						aria-expanded={isPicking}
						disabled={props.closed !== undefined}
						onClick={() => setPicking(true)}
					>
						<SmileIcon />
					</button>
				</div>
				<button
					className="send"
					type="submit"
					aria-label={isEditing ? "Save" : "Send"}
					disabled={props.closed !== undefined}
				>
					{isEditing ? <CheckIcon /> : <SendIcon />}
				</button>
			</form>
			{isPicking && picker.current && (
				<Suspense>
					<EmojiPopup
						anchor={picker.current}
						finalFocus={() => field.current ?? true}
						onPick={(emoji) => {
							setPicking(false);
							if (field.current) insert(field.current, emoji);
						}}
						onClose={() => setPicking(false)}
					/>
				</Suspense>
			)}
		</div>
	);
});

/** Inserts a text at the cursor, as if the user had typed it. */
function insert(field: HTMLTextAreaElement, text: string): void {
	field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
	field.dispatchEvent(new Event("input", { bubbles: true }));
}

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
