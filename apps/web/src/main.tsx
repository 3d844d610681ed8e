import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { takeFragment } from "./account/fragment.ts";
import { Root } from "./app/root.tsx";
import { ErrorBoundary } from "./ui/error-boundary.tsx";
import { applyTheme } from "./ui/theme.tsx";
import "./styles/index.css";

// Before anything else: a token in the address is out of it before the first picture.
const given = takeFragment();
applyTheme();
// A file that misses the field would replace the page.
for (const type of ["dragover", "drop"] as const)
	addEventListener(type, (event) => {
		if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
	});
/** When what the first view does not need is loaded: it is at hand then, also without the server. */
const LATER_MS = 5000;
setTimeout(() => {
	// It is asked for again where it is used.
	for (const part of [
		import("./account/sign-in.tsx"),
		import("./list/new-conversation-dialog.tsx"),
		import("./people/participants-dialog.tsx"),
	])
		part.catch(() => {});
}, LATER_MS);
const place = document.getElementById("root");
if (!place) throw new Error("the page has no place to be in");
createRoot(place).render(
	<StrictMode>
		<ErrorBoundary>
			<Root given={given.token} />
		</ErrorBoundary>
	</StrictMode>,
);
