/**
 * Finds the rule numbers in test titles. It reads the syntax tree, so it ignores comments and other strings, and
 * recognises skipped tests.
 */
import ts from "typescript";

const RULE = /\[([A-Z][A-Z0-9]*-\d+)\]/g;
/** Methods that take rows or a condition and return the function that takes the title. */
const FACTORIES = ["each", "for", "skipIf", "runIf"];
const NEVER = ["skip", "todo"];

/** Rule number in the title of a test or of the suite around it. */
export interface Titled {
	readonly rule: string;
	/** Whether the test can run: neither the test nor a suite around it is always skipped. */
	readonly live: boolean;
}

export function titled(source: string): Titled[] {
	const file = ts.createSourceFile(
		"x.test.ts",
		source,
		ts.ScriptTarget.Latest,
		true,
	);
	const found: Titled[] = [];
	let namesRows = false;
	const rows: string[] = [];
	const visit = (node: ts.Node, around: readonly string[], live: boolean) => {
		if (isTitleProperty(node)) rows.push(...rulesIn(node.initializer));
		const call = ts.isCallExpression(node) ? testCall(node) : undefined;
		if (!call) {
			ts.forEachChild(node, (child) => visit(child, around, live));
			return;
		}
		const { suite, title, skipped } = call;
		const rules = [...around, ...rulesIn(title)];
		const runs = live && !skipped;
		if (!suite) {
			found.push(...rules.map((rule) => ({ rule, live: runs })));
			if (runs && title.getText().includes("$title")) namesRows = true;
		}
		ts.forEachChild(call.node, (child) =>
			visit(child, suite ? rules : [], runs),
		);
	};
	visit(file, [], true);
	return [...found, ...rows.map((rule) => ({ rule, live: namesRows }))];
}

function rulesIn(title: ts.Node): string[] {
	return Array.from(title.getText().matchAll(RULE), ([, rule = ""]) => rule);
}

/** Recognises `title: "..."` in a row of a table whose test has the title `$title`. */
function isTitleProperty(node: ts.Node): node is ts.PropertyAssignment {
	return (
		ts.isPropertyAssignment(node) &&
		node.name.getText() === "title" &&
		ts.isStringLiteralLike(node.initializer)
	);
}

/** Recognises `test("...")`, `describe.concurrent("...")` and `test.for(rows)("...")`. */
function testCall(node: ts.CallExpression) {
	const [title] = node.arguments;
	const { expression } = node;
	if (!title) return undefined;
	if (
		ts.isPropertyAccessExpression(expression) &&
		FACTORIES.includes(expression.name.text)
	)
		return undefined;
	let skipped = node.arguments.some(
		(argument) =>
			ts.isObjectLiteralExpression(argument) &&
			/\b(?:skip|todo): true\b/.test(argument.getText()),
	);
	let callee: ts.Expression = expression;
	while (!ts.isIdentifier(callee)) {
		if (ts.isPropertyAccessExpression(callee)) {
			if (NEVER.includes(callee.name.text)) skipped = true;
		} else if (ts.isCallExpression(callee)) {
			if (/\.(?:skipIf\(true|runIf\(false)\)$/.test(callee.getText()))
				skipped = true;
		} else return undefined;
		callee = callee.expression;
	}
	if (!["test", "it", "describe"].includes(callee.text)) return undefined;
	return { node, title, skipped, suite: callee.text === "describe" };
}
