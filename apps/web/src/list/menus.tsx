import { type ReactNode, Suspense, useCallback, useState } from "react";
import { useRoute } from "../app/route.ts";
import { lazily } from "../ui/lazily.ts";
import { MenuContext, type MenuTarget } from "./menu-context.ts";

const ConversationActions = lazily(() =>
	import("./menu-actions.tsx").then(
		({ ConversationActions }) => ConversationActions,
	),
);

/** Lets the list and the header of the open conversation open a conversation's menu. */
export function ConversationMenus(props: {
	readonly me: string;
	readonly children: ReactNode;
}) {
	const openId = useRoute();
	const [menu, setMenu] = useState<MenuTarget & { readonly count: number }>();
	const openMenu = useCallback(
		(target: MenuTarget) =>
			setMenu((before) => ({ ...target, count: (before?.count ?? 0) + 1 })),
		[],
	);
	return (
		<MenuContext value={openMenu}>
			{props.children}
			{menu && (
				<Suspense>
					<ConversationActions
						key={menu.count}
						me={props.me}
						target={menu}
						openId={openId}
						onClose={() => setMenu((now) => (now === menu ? undefined : now))}
					/>
				</Suspense>
			)}
		</MenuContext>
	);
}
