import { icon } from "../ui/icons.tsx";

export const FoldIcon = icon(<path d="m6 9.5 6 6 6-6" />);
export const LockIcon = icon(
	<path d="M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3" />,
);
export const MutedIcon = icon(
	<path d="M6 17v-6a6 6 0 0 1 9.5-4.9M18 11v6H5m5.5 3a1.5 1.5 0 0 0 3 0M4 4l16 16" />,
);
