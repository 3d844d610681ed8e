import { icon } from "../ui/icons.tsx";

export const StarIcon = icon(
	<path d="m12 4 2.5 5.2 5.5.8-4 4 1 5.7-5-2.7-5 2.7 1-5.7-4-4 5.5-.8z" />,
);
export const ArchiveIcon = icon(
	<path d="M4 5h16v4H4zM5.5 9v10h13V9M10 13h4" />,
);
