/**
 * The rules that tests carry in their titles, read from the syntax: a comment or a string is no title, a skipped test
 * no test.
 */
import ts from "typescript";

const RULE = /\[([A-Z][A-Z0-9]*-\d+)\]/g;
/** What is called with something else than a title, and gives the function that takes one. */
const FACTORIES = ["each", "for", "skipIf", "runIf"];
const NEVER = ["skip", "todo"];

/** A rule's number in the title of a test, or of a suite that has a test. */
export interface Titled {
	readonly rule: string;
	/** It is run: neither it nor a suite around it is skipped always. */
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

/** `title: "..."`, in a row of a table whose test is called `$title`. */
function isTitleProperty(node: ts.Node): node is ts.PropertyAssignment {
	return (
		ts.isPropertyAssignment(node) &&
		node.name.getText() === "title" &&
		ts.isStringLiteralLike(node.initializer)
	);
}

/** `test("...")`, `describe.concurrent("...")`, `test.for(rows)("...")`; nothing for any other call. */
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
