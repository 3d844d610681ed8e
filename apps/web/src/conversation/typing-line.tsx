import { inWords, useDirectory } from "../people/directory.ts";

/** Shows the users who are typing. Its height is constant, so that it moves nothing else. */
export function TypingLine({ users }: { readonly users: readonly string[] }) {
	const directory = useDirectory();
	const names = users.map((id) => directory.name(id));
	return (
		<p className="typing" aria-live="polite">
			{names.length > 0 && (
				<>
					<span className="dots" aria-hidden="true">
						<span />
						<span />
						<span />
					</span>
					<span className="typists">
						<bdi>{inWords(names)}</bdi>
					</span>
					<span>{names.length === 1 ? "is typing" : "are typing"}</span>
				</>
			)}
		</p>
	);
}
