import type { ConversationDetails } from "@secureconnect/client";
import { useRef, useState } from "react";
import { Confirm } from "../ui/confirm.tsx";
import { Modal } from "../ui/modal.tsx";
import { Avatar } from "./avatar.tsx";
import { useDirectory } from "./directory.ts";
import { PeoplePicker } from "./people-picker.tsx";
import { matches, SearchField, worthSearching } from "./search-field.tsx";

/** Lists the participants. Owners can remove and add people; every participant can leave. */
export function ParticipantsDialog(props: {
	readonly me: string;
	readonly details: ConversationDetails;
	/** Ids of the users who are online. */
	readonly present: readonly string[];
	readonly onAdd: (userIds: readonly string[]) => Promise<void>;
	readonly onRemove: (userId: string) => Promise<void>;
	readonly onClose: () => void;
}) {
	const { me, details, present } = props;
	const directory = useDirectory();
	const [chosen, setChosen] = useState<readonly string[]>([]);
	const [leaving, setLeaving] = useState<string | undefined>(undefined);
	const list = useRef<HTMLUListElement>(null);
	const [wanted, setWanted] = useState("");
	const [error, setError] = useState("");
	const ids = details.participants.map(({ userId }) => userId);
	const place = (userId: string): number =>
		userId === me ? 0 : directory.hasName(userId) ? 1 : 2;
	const shown = details.participants
		.filter(({ userId }) => matches(directory.name(userId), wanted))
		.sort(
			(a, b) =>
				place(a.userId) - place(b.userId) ||
				directory.name(a.userId).localeCompare(directory.name(b.userId)),
		);
	const isOwner = details.participants.some(
		({ userId, role }) => userId === me && role === "owner",
	);
	const trying = (work: Promise<void>): void => {
		setError("");
		work.catch((reason: unknown) =>
			setError(reason instanceof Error ? reason.message : String(reason)),
		);
	};
	return (
		<Modal title="People" onClose={props.onClose}>
			{worthSearching(ids.length) && (
				<SearchField value={wanted} onChange={setWanted} />
			)}
			<ul className="people" ref={list} tabIndex={-1}>
				{shown.map(({ userId, role }) => (
					<li key={userId}>
						<Avatar
							id={userId}
							name={directory.name(userId)}
							isHere={present.includes(userId)}
						/>
						<span className="who">
							<bdi>{directory.name(userId)}</bdi>
							{userId === me && <span> (you)</span>}
							<small>
								{[
									role === "owner" && "owner",
									present.includes(userId) && "online",
								]
									.filter(Boolean)
									.join(", ")}
							</small>
						</span>
						{isOwner && userId !== me && (
							<button
								className="remove"
								type="button"
								aria-label={`Remove ${directory.name(userId)}`}
								onClick={() => setLeaving(userId)}
							>
								Remove
							</button>
						)}
					</li>
				))}
			</ul>
			{details.participantCount > ids.length && (
				<p>{`And ${details.participantCount - ids.length} more.`}</p>
			)}
			{isOwner && (
				<>
					<PeoplePicker
						legend="Add people"
						without={ids}
						chosen={chosen}
						onChange={setChosen}
					/>
					<button
						className="primary"
						type="button"
						disabled={chosen.length === 0}
						onClick={() => {
							trying(props.onAdd(chosen));
							setChosen([]);
						}}
					>
						Add to the conversation
					</button>
				</>
			)}
			{error && (
				<p className="error" role="alert">
					{error}
				</p>
			)}
			<button
				className="danger quiet"
				type="button"
				onClick={() => setLeaving(me)}
			>
				Leave the conversation
			</button>
			{leaving !== undefined && (
				<Confirm
					question={
						leaving === me
							? "Leave the conversation?"
							: `Remove ${directory.name(leaving)}?`
					}
					explanation={
						leaving === me
							? details.participantCount === 1
								? "You are the last person here. Nobody can add you or read the messages again."
								: "You will not see new messages until you are added again."
							: "They will not see new messages. Their messages stay."
					}
					yes={leaving === me ? "Leave" : "Remove"}
					onYes={() => {
						// The button that had the focus disappears with the participant.
						trying(props.onRemove(leaving).then(() => list.current?.focus()));
						setLeaving(undefined);
					}}
					onNo={() => setLeaving(undefined)}
				/>
			)}
		</Modal>
	);
}
