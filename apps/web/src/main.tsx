import { options } from "preact";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { takeFragment } from "./account/fragment.ts";
import { Root } from "./app/root.tsx";
import { ErrorBoundary } from "./ui/error-boundary.tsx";
import { applyTheme } from "./ui/theme.tsx";
import "./styles/index.css";

// First of all: the token leaves the address bar before the first paint.
const given = takeFragment();
applyTheme();
// Preact, which the build puts in the place of React, would run effects after the next frame. React runs the effects of
// a click at once. Without this, Escape right after a dialog opens is lost.
options.requestAnimationFrame = queueMicrotask;
// Without this, the browser opens a file dropped beside the field and leaves the page.
for (const type of ["dragover", "drop"] as const)
	addEventListener(type, (event) => {
		if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
	});
/** Delay before the page loads the parts that the first view does not need. It then has them without the server. */
const LATER_MS = 5000;
setTimeout(() => {
	// A failed import is tried again at its first use.
	for (const part of [
		import("./account/sign-in.tsx"),
		import("./list/menu-actions.tsx"),
		import("./list/new-conversation-dialog.tsx"),
		import("./people/participants-dialog.tsx"),
		import("./conversation/emoji/emoji-popup.tsx"),
		import("virtual:emoji-data"),
	])
		part.catch(() => {});
}, LATER_MS);
// At once, beside the request for the list: most visits open a conversation.
void import("./conversation/conversation.tsx").catch(() => {});
const place = document.getElementById("root");
if (!place) throw new Error("the page has no element #root");
createRoot(place).render(
	<StrictMode>
		<ErrorBoundary>
			<Root given={given.token} />
		</ErrorBoundary>
	</StrictMode>,
);
