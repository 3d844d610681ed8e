/** One change of the list. */
export type Act =
	| { readonly kind: "nothing" }
	| { readonly kind: "scroll"; readonly by: number }
	/** Position of the dragged scrollbar: 0 is the top, 1 the end. */
	| { readonly kind: "jump"; readonly to: number }
	/** Unfolds or folds one of the drawn messages. */
	| { readonly kind: "toggle"; readonly nth: number };

declare global {
	interface Window {
		scrollSteps: {
			/** Records all positions. */
			before(): void;
			/** Applies a step and returns its faults two frames later. */
			after(act: Act): Promise<string[]>;
		};
	}
}

/** Runs in the page. Installs an object there that applies one step at a time and reports faults. */
export function inspectScroller(): void {
	const EXACT = 1.5;
	const found = document.querySelector(".scroller");
	if (!found) throw new Error("no list");
	const scroller = found;

	interface Looked {
		/**
		 * `seq` to the distance below the list's upper edge, in pixels. `text` is the position of the message's text.
		 */
		readonly rows: Map<number, { top: number; bottom: number; text: number }>;
		/** Upper and lower edges of all rows, including those without a `seq`. */
		readonly first: number | undefined;
		readonly last: number | undefined;
		readonly scrollTop: number;
		readonly left: number;
		readonly height: number;
		readonly width: number;
	}
	const pixels = (at: number | undefined, edge: number): number | undefined =>
		at === undefined ? undefined : at - edge;
	const look = (): Looked => {
		const edge = scroller.getBoundingClientRect().top;
		const rows: Looked["rows"] = new Map();
		for (const row of scroller.querySelectorAll("[data-seq]")) {
			const { top, bottom } = row.getBoundingClientRect();
			rows.set(Number(row.getAttribute("data-seq")), {
				top: top - edge,
				bottom: bottom - edge,
				text:
					(row.querySelector(".text")?.getBoundingClientRect().top ?? top) -
					edge,
			});
		}
		const all = scroller.querySelectorAll(".row");
		const { scrollTop, scrollHeight, clientHeight, clientWidth } = scroller;
		return {
			rows,
			first: pixels(all[0]?.getBoundingClientRect().top, edge),
			last: pixels(all[all.length - 1]?.getBoundingClientRect().bottom, edge),
			scrollTop,
			left: scrollHeight - scrollTop - clientHeight,
			height: clientHeight,
			width: clientWidth,
		};
	};
	const isSeen = (
		{ top, bottom }: { top: number; bottom: number },
		{ height }: Looked,
	): boolean => bottom > 0 && top < height;

	let before = look();

	/** Applies a step. @returns the scrolled distance and the row that changed */
	const acted = (act: Act): { by: number; changed?: number } => {
		const from = scroller.scrollTop;
		switch (act.kind) {
			case "nothing":
				return { by: 0 };
			case "scroll":
				scroller.scrollTop = from + act.by;
				return { by: scroller.scrollTop - from };
			case "jump":
				scroller.scrollTop =
					(scroller.scrollHeight - scroller.clientHeight) * act.to;
				return { by: scroller.scrollTop - from };
			case "toggle": {
				const all = scroller.querySelectorAll("button[aria-expanded]");
				const button = all[act.nth % all.length];
				if (!(button instanceof HTMLElement)) return { by: 0 };
				const changed = Number(
					button.closest("[data-seq]")?.getAttribute("data-seq"),
				);
				button.click();
				return { by: 0, changed };
			}
		}
	};

	/** Checks that rows cover the viewport and that no row is missing. */
	const isWhole = (now: Looked): string[] => {
		const wrong: string[] = [];
		const seqs = [...now.rows.keys()];
		const gap = seqs.findIndex((seq, i) => i > 0 && seq - 1 !== seqs[i - 1]);
		if (gap > 0) wrong.push(`${seqs[gap]} comes after ${seqs[gap - 1]}`);
		const { first, last } = now;
		if (first === undefined || last === undefined) return [...wrong, "no row"];
		if (first > EXACT && now.scrollTop > 0)
			wrong.push(`nothing above ${first} of ${now.height}`);
		if (last < now.height - EXACT)
			wrong.push(`nothing below ${last} of ${now.height}`);
		return wrong;
	};

	const moved = (
		by: number,
		changed: number | undefined,
		now: Looked,
	): string[] => {
		const wrong: string[] = [];
		// The undrawn rows are lower than estimated, so the list cannot scroll the full distance.
		const isStopped = now.scrollTop < EXACT || now.left < EXACT;
		const isAnother =
			now.width !== before.width || now.height !== before.height;
		let isFirst = true;
		for (const [seq, was] of before.rows) {
			if (!isSeen(was, before)) continue;
			const is = now.rows.get(seq);
			// If the text wraps differently, only its first line can stay in place.
			if (isAnother && !isFirst) break;
			isFirst = false;
			// Rows below a growing row move down.
			if (changed !== undefined && seq > changed && isStillSeen(changed)) break;
			if (!is) {
				if (Math.abs(by) < 200) wrong.push(`${seq} is gone`);
				continue;
			}
			const off = is.text - (was.text - by);
			if (Math.abs(off) > EXACT && !isStopped)
				wrong.push(`${seq} is ${off.toFixed(1)} from its place`);
		}
		return wrong;
	};
	const isStillSeen = (seq: number): boolean => {
		const was = before.rows.get(seq);
		return was !== undefined && isSeen(was, before);
	};

	window.scrollSteps = {
		before() {
			before = look();
		},
		async after(act) {
			const wasAtEnd = before.left < EXACT;
			// Messages may have arrived since then. The list follows them only for a reader at the end, who then scrolls from
			// the new end.
			const here = look();
			if (wasAtEnd && here.left < EXACT && here.height === before.height)
				before = here;
			const { by, changed } = acted(act);
			for (let frames = 0; frames < 2; frames++)
				await new Promise(requestAnimationFrame);
			const now = look();
			const isStill = by === 0;
			const wrong = isWhole(now);
			if (wasAtEnd && isStill) {
				if (now.left >= EXACT) wrong.push(`${now.left} from the end`);
			} else if (act.kind !== "jump") wrong.push(...moved(by, changed, now));
			return wrong;
		},
	};
}
