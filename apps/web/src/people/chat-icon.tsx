import { icon } from "../ui/icons.tsx";

export const ChatIcon = icon(<path d="M4 5h16v11H10l-4 4v-4H4z" />);
