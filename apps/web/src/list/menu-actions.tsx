import type { ConversationSettings } from "@secureconnect/client";
import { useChat, useConversations } from "@secureconnect/react";
import { useRef, useState } from "react";
import { goTo } from "../app/route.ts";
import { useDetails, useDetailsStore } from "../people/details.ts";
import { useDirectory } from "../people/directory.ts";
import { titleOf } from "../people/title.ts";
import { Confirm } from "../ui/confirm.tsx";
import { CloseIcon } from "../ui/icons.tsx";
import { ActionMenu, type AfterMenu } from "../ui/menu.tsx";
import { afterDialog } from "../ui/use-back-closes.ts";
import type { MenuTarget } from "./menu-context.ts";
import { itemsOf, shownOf } from "./menu-items.ts";
import { RenameDialog } from "./rename-dialog.tsx";

type Step = "menu" | "rename" | "delete" | "working";

/** Shows the menu of a conversation, the dialogs that it opens, and why an action failed. */
export function ConversationActions(props: {
	readonly me: string;
	readonly target: MenuTarget;
	readonly openId: string | undefined;
	readonly onClose: () => void;
}) {
	const { me, target, openId, onClose } = props;
	const { id } = target;
	const { client } = useChat();
	const { conversations, updateSettings, refresh } = useConversations();
	const store = useDetailsStore();
	const directory = useDirectory();
	const row = conversations.find((it) => it.conversationId === id);
	// Not after a deletion, which removes the row.
	const [isListed] = useState(row !== undefined);
	const details = useDetails(id, !isListed);
	const [step, setStep] = useState<Step>("menu");
	const [problem, setProblem] = useState("");
	/** Whether the user chose an item, and whether the item opens a dialog, which takes the focus. */
	const chosen = useRef<"no" | "action" | "dialog">("no");
	const title = titleOf(row?.title, details, directory, me);
	const name =
		row?.directUser === undefined ? title : directory.name(row.directUser);
	/** Returns the focus to the row or the button. An action may have moved the row to a section that is folded. */
	const focusAfter = (): HTMLElement | boolean => {
		const { anchor } = target;
		if (anchor instanceof HTMLElement && anchor.isConnected) return anchor;
		return (
			document.querySelector<HTMLElement>(
				`.conversation-item[href="#/${id}"]`,
			) ??
			document.querySelector<HTMLElement>(".sidebar h1") ??
			true
		);
	};
	const ask = (next: Step, after: AfterMenu): void => {
		chosen.current = "dialog";
		after(() => setStep(next));
	};
	/** Runs a request, and closes or shows the reason of a refusal. */
	const run = (what: string, work: () => Promise<unknown>): void => {
		chosen.current = "action";
		setStep("working");
		work().then(onClose, (reason: unknown) =>
			setProblem(
				`${what}: ${reason instanceof Error ? reason.message : String(reason)}`,
			),
		);
	};
	const change = (settings: Partial<ConversationSettings>): void =>
		run("The setting was not saved", async () => {
			await (row
				? updateSettings(id, settings)
				: client.conversations.updateSettings(id, settings));
			if (!row) store.want(id, 0);
		});
	const update = async (what: {
		title?: string | null;
		closed?: boolean;
	}): Promise<void> => {
		store.put(await client.conversations.update(id, what));
		await refresh();
	};
	if (problem !== "")
		return (
			<div className="toast" role="alert">
				<p>{problem}</p>
				<button
					className="round"
					type="button"
					aria-label="Dismiss"
					onClick={onClose}
				>
					<CloseIcon />
				</button>
			</div>
		);
	switch (step) {
		case "working":
			return null;
		case "rename":
			return (
				<RenameDialog
					title={(row?.title ?? details?.title ?? "").trim()}
					rename={(title) => update({ title })}
					focusAfter={focusAfter}
					onClose={onClose}
				/>
			);
		case "delete":
			return (
				<Confirm
					question={`Delete “${name}”?`}
					explanation="All messages are deleted for all participants. You cannot undo this."
					yes="Delete"
					focusAfter={focusAfter}
					onYes={() =>
						run("The conversation was not deleted", async () => {
							await client.conversations.delete(id);
							if (openId === id) afterDialog(() => goTo(undefined));
							await refresh();
						})
					}
					onNo={onClose}
				/>
			);
		case "menu":
			return (
				<ActionMenu
					label={name}
					anchor={target.anchor}
					groups={itemsOf(shownOf(row, details, me), {
						change,
						markUnread(after) {
							// A message that arrives in the open conversation would remove the mark.
							if (openId === id) after(() => goTo(undefined));
							change({ markedUnread: true });
						},
						close: (closed) =>
							run(
								closed
									? "The conversation was not closed"
									: "The conversation was not reopened",
								() => update({ closed }),
							),
						rename: (after) => ask("rename", after),
						remove: (after) => ask("delete", after),
					})}
					focusAfter={() =>
						chosen.current === "dialog" ? false : focusAfter()
					}
					onClose={() => {
						if (chosen.current === "no") onClose();
						else setStep((now) => (now === "menu" ? "working" : now));
					}}
				/>
			);
	}
}
