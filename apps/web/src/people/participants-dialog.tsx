import { ChatError, type ConversationDetails } from "@secureconnect/client";
import { useChat, useConversations } from "@secureconnect/react";
import { useRef, useState } from "react";
import { goTo } from "../app/route.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Modal } from "../ui/modal.tsx";
import { Avatar } from "./avatar.tsx";
import { ChatIcon } from "./chat-icon.tsx";
import { useDetailsStore } from "./details.ts";
import { useDirectory } from "./directory.ts";
import { PeoplePicker } from "./people-picker.tsx";
import { ROLES, type Role, roleOf } from "./rights.ts";
import { matches, SearchField, worthSearching } from "./search-field.tsx";

/**
 * Lists the participants. Owners remove and add people and give roles; every participant can leave, and write to a
 * participant directly. The two users of a direct conversation stay as they are.
 */
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
	const id = details.conversationId;
	const isDirect = details.kind === "direct";
	const { client } = useChat();
	const { refresh } = useConversations();
	const store = useDetailsStore();
	const directory = useDirectory();
	const [giving, setGiving] = useState<Role>();
	const isMoving = useRef(false);
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
	const isOwner = !isDirect && roleOf(details, me) === "owner";
	const trying = (work: Promise<void>): void => {
		setError("");
		work.catch((reason: unknown) =>
			setError(reason instanceof Error ? reason.message : String(reason)),
		);
	};
	const setRole = (userId: string, role: Role): void =>
		trying(
			client.conversations
				.participants(id)
				.setRole(userId, role)
				.then((changed) => {
					store.put(changed);
					return refresh();
				}, roleRefused),
		);
	const message = (userId: string): void =>
		trying(
			client.conversations.direct(userId).then((direct) => {
				store.put(direct);
				void refresh();
				isMoving.current = true;
				props.onClose();
				goTo(direct.conversationId);
			}),
		);
	return (
		<Modal
			title="People"
			// The conversation that opens takes the focus.
			returnsFocus={() => !isMoving.current}
			onClose={props.onClose}
		>
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
								{isOwner && (
									<RoleSelect
										name={directory.name(userId)}
										role={role}
										onChange={(wanted) =>
											userId === me
												? setGiving(wanted)
												: setRole(userId, wanted)
										}
									/>
								)}
								{[
									!isOwner && !isDirect && role !== "member" && role,
									present.includes(userId) && "online",
								]
									.filter(Boolean)
									.join(", ")}
							</small>
						</span>
						{!isDirect && userId !== me && (
							<button
								className="round"
								type="button"
								aria-label={`Message ${directory.name(userId)}`}
								title="Message"
								onClick={() => message(userId)}
							>
								<ChatIcon />
							</button>
						)}
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
			{!isDirect && (
				<button
					className="danger quiet"
					type="button"
					onClick={() => setLeaving(me)}
				>
					Leave the conversation
				</button>
			)}
			{giving !== undefined && (
				<Confirm
					question="Give up the role Owner?"
					explanation="You can no longer change the conversation, its people or their roles. Another owner can make you an owner again."
					yes="Give up"
					onYes={() => {
						setRole(me, giving);
						setGiving(undefined);
					}}
					onNo={() => setGiving(undefined)}
				/>
			)}
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

function RoleSelect(props: {
	readonly name: string;
	readonly role: Role;
	readonly onChange: (role: Role) => void;
}) {
	return (
		<select
			className="role"
			aria-label={`Role of ${props.name}`}
			value={props.role}
			onChange={({ currentTarget }) => {
				const wanted = currentTarget.value as Role;
				// Until the server has changed it. Preact sets the value only if it renders the list again.
				currentTarget.value = props.role;
				props.onChange(wanted);
			}}
		>
			{ROLES.map(([value, words]) => (
				<option key={value} value={value}>
					{words}
				</option>
			))}
		</select>
	);
}

function roleRefused(reason: unknown): never {
	if (reason instanceof ChatError && reason.code === "last_owner")
		throw new Error(
			"A conversation has at least one owner. Make another person an owner first.",
		);
	throw reason;
}
