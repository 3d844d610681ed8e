import { useDirectory } from "../../people/directory.ts";
import { CloseIcon, EditIcon, ReplyIcon } from "../../ui/icons.tsx";
import { excerpt } from "../excerpt.ts";
import type { Mode } from "./mode.ts";

/** Shows above the field which message the user edits or answers. */
export function ModeBar(props: {
	readonly mode: Mode;
	readonly me: string;
	readonly onCancel: () => void;
}) {
	const { kind, row } = props.mode;
	const directory = useDirectory();
	const name =
		row.senderId === props.me ? "yourself" : directory.name(row.senderId ?? "");
	return (
		<div className="mode-bar">
			{kind === "edit" ? <EditIcon /> : <ReplyIcon />}
			<p role="status">
				{kind === "edit" ? (
					<strong>Edit message</strong>
				) : (
					<strong>
						<span>Reply to </span>
						<bdi>{name}</bdi>
					</strong>
				)}
				<span className="excerpt" dir="auto">
					{excerpt(row)}
				</span>
			</p>
			<button
				className="round"
				type="button"
				aria-label={kind === "edit" ? "Cancel the edit" : "Cancel the reply"}
				onClick={props.onCancel}
			>
				<CloseIcon />
			</button>
		</div>
	);
}
