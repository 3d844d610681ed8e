import { inWords, useDirectory } from "../people/directory.ts";

/** Always the same height: what comes and goes in it moves nothing. */
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
