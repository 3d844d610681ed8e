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
const place = document.getElementById("root");
if (!place) throw new Error("the page has no place to be in");
createRoot(place).render(
	<StrictMode>
		<ErrorBoundary>
			<Root given={given.token} />
		</ErrorBoundary>
	</StrictMode>,
);
