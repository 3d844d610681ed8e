import type { MouseEvent } from "react";
import type { Account } from "../account/account.ts";
import { WindowIcon } from "../ui/icons.tsx";

/**
 * Opens the page as the next user of the development server: in a window beside this one, or in a tab if the screen is
 * too narrow or the browser opens no windows.
 */
export function OpenBeside({ account }: { readonly account: Account }) {
	const { people, userId } = account;
	const other =
		people[
			(people.findIndex((it) => it.userId === userId) + 1) % people.length
		];
	if (!other) return null;
	const href = `?as=${encodeURIComponent((other.name ?? "").toLowerCase())}`;
	const open = (event: MouseEvent): void => {
		const width = Math.min(900, Math.floor(screen.availWidth / 2));
		if (event.ctrlKey || event.metaKey || event.shiftKey || width < 480) return;
		event.preventDefault();
		window.open(
			href,
			"_blank",
			`noopener,popup,width=${width},height=${screen.availHeight},left=${screen.availWidth - width},top=0`,
		);
	};
	return (
		<a
			className="quiet button"
			href={href}
			target="_blank"
			rel="noopener"
			onClick={open}
		>
			<WindowIcon />
			<span>Open as {other.name}</span>
		</a>
	);
}
