import type { RowProps } from "./row.tsx";

/** Shows what a notice reports. Entries of types that this version does not know get a general text. */
export function Notice({
	line,
	senderName,
	otherName,
}: Pick<RowProps, "line" | "senderName" | "otherName">) {
	const { type, userId, role, title, closed } = line.notice ?? {};
	const isSelf = userId === line.senderId;
	const other = <bdi key="other">{otherName}</bdi>;
	// Browser translation replaces text nodes. React can then remove only elements.
	const words = (text: string) => <span key={text}>{text}</span>;
	const parts = () => {
		switch (type) {
			case "participant_removed":
				return isSelf ? [words(" left")] : [words(" removed "), other];
			case "participant_added":
				return isSelf ? [words(" joined")] : [words(" added "), other];
			case "role_changed":
				return [
					words(" made "),
					other,
					words(` ${/^[aeiou]/.test(String(role)) ? "an" : "a"} ${role}`),
				];
			case "conversation_changed":
				if (closed === true) return [words(" closed the conversation")];
				if (closed === false) return [words(" opened the conversation again")];
				if (typeof title === "string" && title !== "")
					return [
						words(" named the conversation "),
						<bdi key="title">{title}</bdi>,
					];
		}
		return [words(" changed the conversation")];
	};
	return (
		<p className="notice">
			<bdi>{senderName}</bdi>
			{parts()}
		</p>
	);
}
