/**
 * A document for React in this process; sockets, `fetch` and timers stay Node's own. Import it before react-dom.
 */
import { Window } from "happy-dom";

const window = new Window({ url: "http://localhost/" });

Object.assign(globalThis, {
	window,
	document: window.document,
	addEventListener: window.addEventListener.bind(window),
	removeEventListener: window.removeEventListener.bind(window),
});
