import { memo, useEffect, useRef } from "react";
import { Avatar } from "../people/avatar.tsx";
import { inWords, useDirectory } from "../people/directory.ts";
import { BackIcon, PeopleIcon } from "../ui/icons.tsx";
import { isTouch } from "../ui/touch.ts";

export const Header = memo(function Header(props: {
	/** Gives the picture its colour. */
	readonly faceId: string;
	readonly me: string;
	readonly title: string;
	/** Ids of who is on line, as far as they are listed. */
	readonly present: readonly string[];
	readonly presentCount: number;
	/** Whether the connection is there: without one nobody knows who is on line. */
	readonly isOpen: boolean;
	readonly participantCount: number | undefined;
	/** Messages that wait in other conversations. */
	readonly unread: number;
	readonly onPeople: () => void;
}) {
	const { me, present, participantCount } = props;
	const directory = useDirectory();
	const heading = useRef<HTMLHeadingElement>(null);
	// With a mouse or a keyboard it is the field below that has the focus.
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
					{participantCount !== undefined && (
						<span>
							{`${participantCount} ${participantCount === 1 ? "person" : "people"}`}
						</span>
					)}
					{props.isOpen &&
						participantCount !== undefined &&
						participantCount > 1 && (
							<>
								<span>{" · "}</span>
								{here.length === 0 ? (
									<span>nobody else here</span>
								) : (
									<span>
										<bdi>{inWords(here, 4)}</bdi>
										<span> here</span>
									</span>
								)}
							</>
						)}
				</small>
			</div>
			<button
				className="round"
				type="button"
				aria-label="People"
				disabled={participantCount === undefined}
				onClick={props.onPeople}
			>
				<PeopleIcon />
			</button>
		</header>
	);
});
