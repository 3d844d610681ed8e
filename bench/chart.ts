/** Draws the chart in the README from the results: bars of three figures for all servers. */
import { measured, type Results } from "./results.ts";

interface Panel {
	readonly workload: string;
	readonly figure: string;
	readonly title: string;
	readonly show: (value: number) => string;
}

const PANELS: readonly Panel[] = [
	{
		workload: "b",
		figure: "cpuMicrosPerDelivery",
		title: "CPU per delivery, room of 1,000 (less is better)",
		show: (value) => `${value.toFixed(2)} us`,
	},
	{
		workload: "c",
		figure: "deliveriesPerSecond",
		title: "deliveries/s, room of 1,000 (more is better)",
		show: (value) => `${Math.round(value / 1000)}k`,
	},
	{
		workload: "e",
		figure: "deliveriesPerSecond",
		title: "deliveries/s, 100 rooms of 10 (more is better)",
		show: (value) => `${Math.round(value / 1000)}k`,
	},
];

const WIDTH = 720;
const LABEL = 190;
const BAR = 18;
const PANEL_GAP = 30;
const NAMES: Readonly<Record<string, string>> = {
	secureconnect: "SecureConnect, on disk first",
	floor: "floor: bytes relayed",
	bun: "Bun publish",
	ws: "bare ws",
	"socket.io": "Socket.IO",
};

export function broadcastChart(results: Results): string {
	const parts: string[] = [];
	let y = 8;
	for (const panel of PANELS) {
		const bars = Object.keys(NAMES).flatMap((subject) => {
			const value = measured(results[panel.workload], subject, panel.figure);
			return value ? [{ subject, value: value.median }] : [];
		});
		const most = Math.max(...bars.map(({ value }) => value));
		parts.push(text(0, y + 13, panel.title, "font-weight='bold'"));
		y += 22;
		for (const { subject, value } of bars) {
			const width = Math.max(1, (value / most) * (WIDTH - LABEL - 80));
			const fill = subject === "secureconnect" ? "#2563eb" : "#94a3b8";
			parts.push(
				text(LABEL - 8, y + 13, NAMES[subject] ?? subject, "text-anchor='end'"),
				`<rect x="${LABEL}" y="${y}" width="${width.toFixed(1)}" height="${BAR - 3}" fill="${fill}"/>`,
				text(LABEL + width + 6, y + 13, panel.show(value)),
			);
			y += BAR;
		}
		y += PANEL_GAP - BAR;
	}
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" font-family="system-ui, sans-serif" font-size="12"><title>SecureConnect beside its peers: CPU per delivery, and deliveries per second</title><rect width="100%" height="100%" fill="#ffffff"/>
${parts.join("\n")}
</svg>
`;
}

function text(x: number, y: number, words: string, attributes = ""): string {
	return `<text x="${x.toFixed(1)}" y="${y}" fill="#0f172a" ${attributes}>${words}</text>`;
}
