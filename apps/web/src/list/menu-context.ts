import { createContext, useContext } from "react";
import type { Anchor } from "../ui/anchor.ts";

/** A conversation whose menu is open. */
export interface MenuTarget {
	readonly id: string;
	readonly anchor: Anchor;
}

/** Opens the menu of a conversation. */
export const MenuContext = createContext<(target: MenuTarget) => void>(
	() => {},
);

export function useConversationMenu(): (target: MenuTarget) => void {
	return useContext(MenuContext);
}
