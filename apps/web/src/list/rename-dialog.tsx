import { type FormEvent, useId, useRef, useState } from "react";
import { Modal } from "../ui/modal.tsx";

export function RenameDialog(props: {
	readonly title: string;
	/** @throws the reason of a refusal */
	readonly rename: (title: string | null) => Promise<void>;
	readonly focusAfter: () => HTMLElement | boolean;
	readonly onClose: () => void;
}) {
	const [title, setTitle] = useState(props.title);
	const [error, setError] = useState("");
	const [isBusy, setBusy] = useState(false);
	const id = useId();
	const field = useRef<HTMLInputElement>(null);
	const submit = (event: FormEvent): void => {
		event.preventDefault();
		setBusy(true);
		const wanted = title.trim();
		props
			.rename(wanted === "" ? null : wanted)
			.then(props.onClose, (reason: unknown) => {
				setBusy(false);
				setError(reason instanceof Error ? reason.message : String(reason));
			});
	};
	return (
		<Modal
			title="Rename the conversation"
			initialFocus={field}
			returnsFocus={props.focusAfter}
			onClose={props.onClose}
		>
			<form onSubmit={submit}>
				<label htmlFor={id}>Title</label>
				<input
					ref={field}
					id={id}
					value={title}
					maxLength={256}
					autoComplete="off"
					aria-describedby={`${id}-hint`}
					onFocus={({ currentTarget }) => currentTarget.select()}
					onChange={(event) => setTitle(event.currentTarget.value)}
				/>
				<small id={`${id}-hint`}>
					All participants see the title. Without one, the names of the
					participants are shown.
				</small>
				{error && (
					<p className="error" role="alert">
						{error}
					</p>
				)}
				<div className="actions">
					<button className="quiet" type="button" onClick={props.onClose}>
						Cancel
					</button>
					<button className="primary" type="submit" disabled={isBusy}>
						Rename
					</button>
				</div>
			</form>
		</Modal>
	);
}
