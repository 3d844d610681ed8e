import { useState } from "react";
import { inBrowser } from "../account/kept.ts";
import { MoonIcon, SunIcon } from "./icons.tsx";

const STORED = "secureconnect-theme";
type Theme = "light" | "dark";

/** Applies the theme that the user chose. Without a choice the system's theme applies. */
export function applyTheme(): void {
	const stored = inBrowser.get(STORED);
	if (stored !== null) document.documentElement.dataset.theme = stored;
}

function current(): Theme {
	const chosen = document.documentElement.dataset.theme;
	if (chosen === "light" || chosen === "dark") return chosen;
	return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export function ThemeButton() {
	const [theme, setTheme] = useState<Theme>(current);
	const other = theme === "dark" ? "light" : "dark";
	return (
		<button
			className="round"
			type="button"
			aria-label={other === "dark" ? "Dark colours" : "Light colours"}
			onClick={() => {
				inBrowser.set(STORED, other);
				document.documentElement.dataset.theme = other;
				setTheme(other);
			}}
		>
			{other === "dark" ? <MoonIcon /> : <SunIcon />}
		</button>
	);
}
