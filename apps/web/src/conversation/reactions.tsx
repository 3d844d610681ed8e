import type { MessageRow } from "@secureconnect/react";
import { useDirectory } from "../people/directory.ts";
import { SmileIcon } from "../ui/icons.tsx";
import { useMessageContext } from "./message-context.ts";

/** Shows the reactions to a message with their numbers; the names of the users appear beside the pointer. */
export function Reactions({
	row,
	me,
}: {
	readonly row: MessageRow;
	readonly me: string;
}) {
	const directory = useDirectory();
	const { onReact, onPick } = useMessageContext();
	return (
		<fieldset className="reactions" aria-label="Reactions">
			{row.reactions.map(({ reaction, count, me: isOn, userIds }) => {
				const others = userIds
					.filter((userId) => userId !== me)
					.map((userId) => directory.name(userId));
				const names = namesOf(isOn ? ["You", ...others] : others, count);
				return (
					<button
						key={reaction}
						className="chip"
						type="button"
						tabIndex={-1}
						aria-pressed={isOn}
						aria-label={`${reaction} ${count}: ${names}`}
						onClick={() => onReact(row, reaction, !isOn)}
					>
						<span className="sign">{reaction}</span>
						<span>{count}</span>
						<span className="tip" aria-hidden="true">
							{names}
						</span>
					</button>
				);
			})}
			<button
				className="chip add"
				type="button"
				tabIndex={-1}
				aria-label="Add a reaction"
				aria-haspopup="dialog"
				onClick={({ currentTarget }) => onPick(row, currentTarget)}
			>
				<SmileIcon />
			</button>
		</fieldset>
	);
}

/** Joins names: `You, Bob and 3 others`. The server names only the first users. */
export function namesOf(names: readonly string[], count: number): string {
	const others = count - names.length;
	const all =
		others > 0
			? [...names, `${others} ${others === 1 ? "other" : "others"}`]
			: names;
	const last = all.at(-1) ?? "";
	return all.length < 2 ? last : `${all.slice(0, -1).join(", ")} and ${last}`;
}
