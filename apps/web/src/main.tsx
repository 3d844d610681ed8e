import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { takeFragment } from "./account/fragment.ts";
import { Root } from "./app/root.tsx";
import { applyTheme } from "./ui/theme.tsx";
import "./styles/index.css";

// Before anything else: a token in the address is out of it before the first picture.
const given = takeFragment();
applyTheme();
const place = document.getElementById("root");
if (!place) throw new Error("the page has no place to be in");
createRoot(place).render(
	<StrictMode>
		<Root given={given.token} />
	</StrictMode>,
);
