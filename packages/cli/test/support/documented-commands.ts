/** Documents whose `sh` blocks docs.process.test.ts runs unchanged, with a pattern of the output. */
export const DOCUMENTED_COMMANDS: Readonly<Record<string, RegExp>> = {
	"README.md": /"title":"Lunch".*"type":"chat".*"content":"Hello".*"seq":1/s,
	"docs/page.md": /<title>SecureConnect.*\n.*#token=eyJ/s,
	"docs/rest.md":
		/"content":"Noon\?".*"reason":"moved".*"receipts":\[.*"count":0/s,
	"docs/terminal.md":
		/"content":"Noon\?".*"message_type":"note".*"type":"edit".*"content":"Half past twelve\?".*"type":"reaction".*(Alice|a11ce000): At the\n.*(Bob|b0b00000) \(edited\): Half past twelve\?\n/s,
	"docs/conformance.md": / 0 failed, 0 skipped\./,
	"docs/operating.md":
		/secureconnect_connections 0\n.*"disconnected":0.*backed up.*(as it should be\.\n.*){2}/s,
};

/** Commands of the README that CI runs in a separate clone. */
export const FIRST_COMMANDS: readonly string[] = [
	"npm ci && npm start\n",
	"npm ci && npm test\n",
];
