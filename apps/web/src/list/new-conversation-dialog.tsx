import type {
	ConversationDetails,
	NewConversation,
} from "@secureconnect/client";
import { type FormEvent, useId, useRef, useState } from "react";
import { PeoplePicker } from "../people/people-picker.tsx";
import { Modal } from "../ui/modal.tsx";

export function NewConversationDialog(props: {
	readonly me: string;
	readonly create: (wanted: NewConversation) => Promise<ConversationDetails>;
	/** Returns the direct conversation with a user. */
	readonly message: (userId: string) => Promise<ConversationDetails>;
	readonly onCreated: (details: ConversationDetails) => void;
	readonly onClose: () => void;
}) {
	const [title, setTitle] = useState("");
	const [chosen, setChosen] = useState<readonly string[]>([]);
	const [error, setError] = useState("");
	const [isBusy, setBusy] = useState(false);
	const id = useId();
	const isMade = useRef(false);
	const field = useRef<HTMLInputElement>(null);
	const opening = (work: Promise<ConversationDetails>): void => {
		setBusy(true);
		work
			.then((made) => {
				isMade.current = true;
				props.onCreated(made);
			})
			.catch((reason: unknown) => {
				setBusy(false);
				setError(reason instanceof Error ? reason.message : String(reason));
			});
	};
	const submit = (event: FormEvent): void => {
		event.preventDefault();
		opening(
			props.create({
				participantIds: chosen,
				...(title.trim() === "" ? {} : { title: title.trim() }),
			}),
		);
	};
	return (
		<Modal
			title="New conversation"
			initialFocus={field}
			// The new conversation takes the focus.
			returnsFocus={() => !isMade.current}
			onClose={props.onClose}
		>
			<form onSubmit={submit}>
				<label htmlFor={id}>Title (optional)</label>
				<input
					ref={field}
					id={id}
					value={title}
					maxLength={256}
					autoComplete="off"
					onChange={(event) => setTitle(event.currentTarget.value)}
				/>
				<PeoplePicker
					legend="People"
					without={[props.me]}
					chosen={chosen}
					onChange={setChosen}
					onMessage={(userId) => {
						if (!isBusy) opening(props.message(userId));
					}}
				/>
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
						Create
					</button>
				</div>
			</form>
		</Modal>
	);
}
