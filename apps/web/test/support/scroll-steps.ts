/** What is done to the list in one step. */
export type Act =
	| { readonly kind: "nothing" }
	| { readonly kind: "scroll"; readonly by: number }
	/** As the scrollbar is dragged: 0 is the top, 1 the end. */
	| { readonly kind: "jump"; readonly to: number }
	/** One of the messages that are drawn is shown whole, or cut again. */
	| { readonly kind: "toggle"; readonly nth: number };

declare global {
	interface Window {
		scrollSteps: {
			/** Remembers where all is. */
			before(): void;
			/** Acts, and says two frames later what is wrong since then. */
			after(act: Act): Promise<string[]>;
		};
	}
}

/** To be run in the page: puts there what takes one step at a time, and says what is other than it should be. */
export function inspectScroller(): void {
	const EXACT = 1.5;
	const found = document.querySelector(".scroller");
	if (!found) throw new Error("no list");
	const scroller = found;

	interface Looked {
		/**
		 * By `seq`, in pixels below the list's upper edge; `text`: of what was said, whatever stands above that in its row.
		 */
		readonly rows: Map<number, { top: number; bottom: number; text: number }>;
		/** Where rows begin and end, those too that have no `seq` yet. */
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

	/** @returns by how much it was scrolled, and the row that has become another */
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

	/** There is something everywhere, and all that belongs there. */
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
		// What was not drawn is less than it was taken for: there is nothing more to scroll over.
		const isStopped = now.scrollTop < EXACT || now.left < EXACT;
		const isAnother =
			now.width !== before.width || now.height !== before.height;
		let isFirst = true;
		for (const [seq, was] of before.rows) {
			if (!isSeen(was, before)) continue;
			const is = now.rows.get(seq);
			// Where text has other lines only the first one can stay.
			if (isAnother && !isFirst) break;
			isFirst = false;
			// What follows something that grows gives way to it.
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
