/** Copies a text to the clipboard. Call it in the handler of a click or a key. Rejects if the browser refuses. */
export async function copyText(text: string): Promise<void> {
	// A page without TLS has no `navigator.clipboard`.
	if (navigator.clipboard) await navigator.clipboard.writeText(text);
	else if (!copySelected(text)) throw new Error("the browser refused to copy");
}

/** Copies the text from a field outside of the viewport, which has it selected. Returns whether the browser did. */
function copySelected(text: string): boolean {
	const before = document.activeElement;
	const field = document.createElement("textarea");
	field.value = text;
	// Without this a phone opens its keyboard.
	field.readOnly = true;
	field.style.position = "fixed";
	field.style.top = "-100vh";
	document.body.append(field);
	field.focus({ preventScroll: true });
	field.select();
	const isCopied = document.execCommand("copy");
	field.remove();
	if (before instanceof HTMLElement) before.focus({ preventScroll: true });
	return isCopied;
}
