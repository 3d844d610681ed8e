import { icon } from "../ui/icons.tsx";

export const MarkIcon = icon(
	<>
		<path d="M13 5H4v11h3v4l4-4h9v-5" />
		<circle cx="18.5" cy="5.5" r="2.5" fill="currentColor" />
	</>,
);
export const StarIcon = icon(
	<path d="m12 4 2.5 5.2 5.5.8-4 4 1 5.7-5-2.7-5 2.7 1-5.7-4-4 5.5-.8z" />,
);
export const ArchiveIcon = icon(
	<path d="M4 5h16v4H4zM5.5 9v10h13V9M10 13h4" />,
);
export const RenameIcon = icon(<path d="M4 20h4L19 9l-4-4L4 16zM13 7l4 4" />);
export const DeleteIcon = icon(
	<path d="M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5m3-5v5" />,
);
