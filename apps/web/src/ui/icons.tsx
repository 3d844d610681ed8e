import type { ReactNode } from "react";

/** Creates an icon component. An icon font would cost a request, and a library many kilobytes. */
export function icon(paths: ReactNode) {
	return () => (
		<svg
			className="icon"
			viewBox="0 0 24 24"
			aria-hidden="true"
			focusable="false"
		>
			{paths}
		</svg>
	);
}

export const BackIcon = icon(<path d="m15 5-7 7 7 7" />);
export const PlusIcon = icon(<path d="M12 5v14M5 12h14" />);
export const CloseIcon = icon(<path d="m6 6 12 12M18 6 6 18" />);
export const DownIcon = icon(<path d="M12 5v14m-6-6 6 6 6-6" />);
export const UpIcon = icon(<path d="M12 19V5m-6 6 6-6 6 6" />);
export const SendIcon = icon(<path d="M12 20V5m-6.5 6.5L12 5l6.5 6.5" />);
export const SunIcon = icon(
	<>
		<circle cx="12" cy="12" r="4" />
		<path d="M12 3v2m0 14v2M3 12h2m14 0h2M5.6 5.6 7 7m10 10 1.4 1.4M18.4 5.6 17 7M7 17l-1.4 1.4" />
	</>,
);
export const MoonIcon = icon(
	<path d="M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z" />,
);
export const PeopleIcon = icon(
	<>
		<circle cx="9" cy="8" r="3.5" />
		<path d="M2.5 20a6.5 6.5 0 0 1 13 0M16 4.8a3.5 3.5 0 0 1 0 6.4M18 14a6.5 6.5 0 0 1 3.5 6" />
	</>,
);
export const ClockIcon = icon(
	<>
		<circle cx="12" cy="12" r="8.5" />
		<path d="M12 7.5V12l3 2" />
	</>,
);
export const CheckIcon = icon(<path d="m5 12.5 4.5 4.5L19 7.5" />);
export const ChecksIcon = icon(
	<path d="m2 12.5 4.5 4.5L16 7.5m-5 8.7.8.8L22 7.5" />,
);
export const WarningIcon = icon(
	<>
		<circle cx="12" cy="12" r="8.5" />
		<path d="M12 7.5v5m0 3.5v.1" />
	</>,
);
export const WindowIcon = icon(
	<path d="M14 4h6v6m0-6-8 8M9 5H5a1 1 0 0 0-1 1v13a1 1 0 0 0 1 1h13a1 1 0 0 0 1-1v-4" />,
);
export const EditIcon = icon(<path d="M4 20h4L19 9l-4-4L4 16zM13 7l4 4" />);
export const ReplyIcon = icon(
	<path d="M9 6 3.5 11.5 9 17M4 11.5h9a7 7 0 0 1 7 7V20" />,
);
export const SmileIcon = icon(
	<>
		<circle cx="12" cy="12" r="8.5" />
		<path d="M8.5 14a4 4 0 0 0 7 0M9 9.5v.1m6-.1v.1" />
	</>,
);
export const ThreadIcon = icon(
	<path d="M4 5h16v11H10l-4 4v-4H4zM8 9h8m-8 3.5h5" />,
);
export const PinIcon = icon(
	<path d="M9 4h6l-.7 6 3.2 3.2V15h-11v-1.8L9.7 10zM12 15v5.5" />,
);
export const MoreIcon = icon(
	<path d="M5.5 12v.01m6.5-.01v.01m6.5-.01v.01" strokeWidth="3" />,
);
export const CopyIcon = icon(<path d="M9 9h11v11H9zM15 9V4H4v11h5" />);
export const TrashIcon = icon(
	<path d="M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5m3-5v5" />,
);
export const UnreadIcon = icon(
	<>
		<path d="M13 5H4v11h3v4l4-4h9v-5" />
		<circle cx="18.5" cy="5.5" r="2.5" fill="currentColor" />
	</>,
);
