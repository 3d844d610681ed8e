import { memo, useEffect, useRef } from "react";
import { useRoute } from "../app/route.ts";
import { useConversationMenu } from "../list/menu-context.ts";
import { Avatar } from "../people/avatar.tsx";
import { useDetails } from "../people/details.ts";
import { inWords, useDirectory } from "../people/directory.ts";
import { BackIcon, MoreIcon, PeopleIcon, PinIcon } from "../ui/icons.tsx";
import { isTouch } from "../ui/touch.ts";

export const Header = memo(function Header(props: {
	/** Id that determines the colour of the avatar. */
	readonly faceId: string;
	readonly me: string;
	readonly title: string;
	/** Ids of the users who are online. The server lists only a part of a large room. */
	readonly present: readonly string[];
	readonly presentCount: number;
	/** Whether the connection is open. Without one the page does not know who is online. */
	readonly isOpen: boolean;
	readonly participantCount: number | undefined;
	/** Number of unread messages in other conversations. */
	readonly unread: number;
	/** Whether the panel of pinned messages is open. */
	readonly showsPins: boolean;
	readonly onPins: () => void;
	readonly onPeople: () => void;
}) {
	const { me, present, participantCount } = props;
	const directory = useDirectory();
	const openMenu = useConversationMenu();
	// The header is that of the open conversation.
	const id = useRoute() ?? "";
	const isDirect = useDetails(id, false)?.kind === "direct";
	const heading = useRef<HTMLHeadingElement>(null);
	// Without touch input the composer has the focus.
	useEffect(() => {
		if (isTouch) heading.current?.focus();
	}, []);
	const others = present
		.filter((userId) => userId !== me)
		.map((userId) => directory.name(userId));
	const more = props.presentCount - present.length;
	const here = more > 0 ? [...others, ...Array(more).fill("another")] : others;
	return (
		<header>
			<a className="back round button" href="#/">
				<BackIcon />
				<span className="hidden">All conversations</span>
				{props.unread > 0 && (
					<span className="unread">
						<span>{props.unread}</span>
						<span className="hidden"> unread</span>
					</span>
				)}
			</a>
			<Avatar
				id={props.faceId}
				name={props.title}
				isHere={props.isOpen && others.length > 0}
			/>
			<div className="who">
				<h1 ref={heading} tabIndex={-1}>
					<bdi>{props.title}</bdi>
				</h1>
				<small>
					{participantCount !== undefined && !isDirect && (
						<span>
							{`${participantCount} ${participantCount === 1 ? "person" : "people"}`}
						</span>
					)}
					{props.isOpen &&
						participantCount !== undefined &&
						participantCount > 1 &&
						(isDirect ? (
							<span>{here.length === 0 ? "not online" : "online"}</span>
						) : here.length === 0 ? (
							<span className="nobody">{" · nobody else online"}</span>
						) : (
							<span>
								<span>{" · "}</span>
								<bdi>{inWords(here, 4)}</bdi>
								<span> online</span>
							</span>
						))}
				</small>
			</div>
			<button
				className="round"
				type="button"
				aria-label="Pinned messages"
				aria-expanded={props.showsPins}
				onClick={props.onPins}
			>
				<PinIcon />
			</button>
			<button
				className="round"
				type="button"
				aria-label="People"
				disabled={participantCount === undefined}
				onClick={props.onPeople}
			>
				<PeopleIcon />
			</button>
			<button
				className="round"
				type="button"
				aria-label="Options"
				aria-haspopup="menu"
				disabled={participantCount === undefined}
				onClick={({ currentTarget }) => openMenu({ id, anchor: currentTarget })}
			>
				<MoreIcon />
			</button>
		</header>
	);
});
