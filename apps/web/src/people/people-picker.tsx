import { useConversations } from "@secureconnect/react";
import { useEffect, useId, useState } from "react";
import { isUuid } from "../account/claims.ts";
import { Avatar } from "./avatar.tsx";
import { ChatIcon } from "./chat-icon.tsx";
import { useDetailsStore } from "./details.ts";
import { useDirectory } from "./directory.ts";
import { matches, SearchField, worthSearching } from "./search-field.tsx";

/** Number of newest conversations whose participants the picker offers, and of those that a search includes. */
const OFFERED = 8;
const SEARCHED = 40;

/**
 * Selects people: users with a known name, and any user by id. Only the application has a list of all users; the server
 * has none.
 */
export function PeoplePicker(props: {
	readonly legend: string;
	/** Ids of users that the picker does not offer. */
	readonly without: readonly string[];
	readonly chosen: readonly string[];
	readonly onChange: (chosen: readonly string[]) => void;
	/** Opens the direct conversation with a user. Without it the picker offers none. */
	readonly onMessage?: (userId: string) => void;
}) {
	const { chosen, onChange, onMessage } = props;
	const directory = useDirectory();
	const [typed, setTyped] = useState("");
	const [error, setError] = useState("");
	const id = useId();
	const [wanted, setWanted] = useState("");
	const { conversations } = useConversations();
	const details = useDetailsStore();
	const looksInto = wanted.trim() === "" ? OFFERED : SEARCHED;
	useEffect(() => {
		const withdraw = conversations
			.slice(0, looksInto)
			.map(({ conversationId }) => details.wantLater(conversationId));
		return () => {
			for (const it of withdraw) it();
		};
	}, [conversations, details, looksInto]);
	const known = directory.people.filter(
		({ userId }) => !props.without.includes(userId),
	);
	const unknown = chosen.filter(
		(userId) => !known.some((person) => person.userId === userId),
	);
	const toggle = (userId: string): void =>
		onChange(
			chosen.includes(userId)
				? chosen.filter((it) => it !== userId)
				: [...chosen, userId],
		);
	const add = (): void => {
		const ids = typed
			.toLowerCase()
			.split(/[\s,]+/)
			.filter(Boolean);
		const wrong = ids.find((it) => !isUuid(it));
		setError(
			wrong === undefined
				? ""
				: `“${wrong}” is not a user id. It must be a UUID.`,
		);
		if (wrong !== undefined || ids.length === 0) return;
		onChange([...new Set([...chosen, ...ids])]);
		setTyped("");
	};
	return (
		<fieldset className="picker">
			<legend>{props.legend}</legend>
			{(worthSearching(known.length) || conversations.length > OFFERED) && (
				<SearchField value={wanted} onChange={setWanted} />
			)}
			<ul>
				{[
					...known,
					...unknown.map((userId) => ({
						userId,
						name: directory.name(userId),
					})),
				]
					.filter(
						({ userId, name }) =>
							chosen.includes(userId) || matches(name, wanted),
					)
					.map(({ userId, name }) => (
						<li key={userId}>
							<label>
								<input
									type="checkbox"
									checked={chosen.includes(userId)}
									onChange={() => toggle(userId)}
								/>
								<Avatar id={userId} name={name} />
								<bdi>{name}</bdi>
							</label>
							{onMessage && (
								<button
									className="round"
									type="button"
									aria-label={`Message ${name}`}
									title="Message"
									onClick={() => onMessage(userId)}
								>
									<ChatIcon />
								</button>
							)}
						</li>
					))}
			</ul>
			<label htmlFor={id}>Other people, by user id</label>
			<div className="row-of">
				<input
					id={id}
					value={typed}
					spellCheck="false"
					autoComplete="off"
					placeholder="UUID"
					aria-invalid={error !== ""}
					aria-describedby={error ? `${id}-error` : undefined}
					onChange={(event) => setTyped(event.currentTarget.value)}
					onKeyDown={(event) => {
						if (event.key !== "Enter") return;
						event.preventDefault();
						add();
					}}
				/>
				<button className="quiet" type="button" onClick={add}>
					Add
				</button>
			</div>
			{error && (
				<p className="error" id={`${id}-error`} role="alert">
					{error}
				</p>
			)}
		</fieldset>
	);
}
