/** HTTP answer with the kept part of its body. */
export interface Answer {
	readonly status: number;
	readonly bytes: number;
	readonly body: string;
}

/** Number of body bytes that are kept: enough for the kinds of abuse, and far less than a page. */
const KEPT_BYTES = 8192;

/**
 * Reads HTTP/1.1 answers from a stream of chunks, with Content-Length or chunked. It costs the abuser less than
 * `node:http`, and it can read the answers of pipelined requests.
 */
export class AnswerReader {
	readonly #onAnswer: (answer: Answer) => void;
	#rest: Buffer = Buffer.alloc(0);
	#status = 0;
	#bytes = 0;
	#kept: Buffer[] = [];
	/** Number of bytes of the body, or of its chunk, that are still missing. */
	#left = 0;
	#state: "head" | "body" | "size" | "chunk" | "chunk end" | "trailer" = "head";

	constructor(onAnswer: (answer: Answer) => void) {
		this.#onAnswer = onAnswer;
	}

	read(chunk: Buffer): void {
		let data =
			this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
		for (;;) {
			const used = this.#step(data);
			if (used === undefined) break;
			data = data.subarray(used);
		}
		this.#rest = data;
	}

	/** Reads one element; returns how many bytes it used, or undefined if it needs more. */
	#step(data: Buffer): number | undefined {
		switch (this.#state) {
			case "head":
				return this.#head(data);
			case "body":
			case "chunk": {
				if (data.length === 0) return undefined;
				const used = Math.min(this.#left, data.length);
				this.#keep(data.subarray(0, used));
				this.#left -= used;
				if (this.#left === 0)
					if (this.#state === "body") this.#end();
					else this.#state = "chunk end";
				return used;
			}
			default:
				return this.#line(data);
		}
	}

	#head(data: Buffer): number | undefined {
		const end = data.indexOf("\r\n\r\n");
		if (end === -1) return undefined;
		const head = data.toString("latin1", 0, end);
		this.#status = Number(head.slice(9, 12));
		this.#bytes = 0;
		this.#kept = [];
		if (/\r\ntransfer-encoding: *chunked/i.test(head)) this.#state = "size";
		else {
			this.#left = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
			if (this.#left > 0) this.#state = "body";
			else this.#end();
		}
		return end + 4;
	}

	/** Reads a line of the chunked encoding. */
	#line(data: Buffer): number | undefined {
		const end = data.indexOf("\r\n");
		if (end === -1) return undefined;
		if (this.#state === "size") {
			this.#left = Number.parseInt(data.toString("latin1", 0, end), 16);
			this.#state = this.#left > 0 ? "chunk" : "trailer";
		} else if (this.#state === "chunk end") this.#state = "size";
		else if (end === 0) this.#end();
		return end + 2;
	}

	#keep(part: Buffer): void {
		if (this.#bytes < KEPT_BYTES)
			this.#kept.push(Buffer.from(part.subarray(0, KEPT_BYTES)));
		this.#bytes += part.length;
	}

	#end(): void {
		this.#state = "head";
		this.#onAnswer({
			status: this.#status,
			bytes: this.#bytes,
			body: Buffer.concat(this.#kept).toString("utf8"),
		});
	}
}
