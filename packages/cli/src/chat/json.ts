import type { Conversation, SentCommand } from "@secureconnect/client";
import { wireKey, withKeys } from "@secureconnect/protocol/wire";
import {
	ConnectionEnded,
	forever,
	openConversation,
	untilOver,
	untilReady,
} from "./conversation.ts";
import { follow, MOST_RESTORED } from "./follow.ts";
import { linesOf, outgoingOf } from "./lines.ts";
import type { ChatOptions } from "./options.ts";
import { Output, untilStopped } from "./output.ts";
import { jsonLine, printableLine } from "./printable.ts";
import { reportStatus } from "./status.ts";

/** Largest number of messages without an acknowledgement. Beyond it the command stops reading the pipe. */
const MOST_WAITING = 500;
const MOST_WAITING_BYTES = 8 * 1024 * 1024;
/** Exit status if the server did not store every message that was read. */
const NOT_STORED = 2;

/**
 * Runs `secureconnect chat --json`: sends the lines of standard input and prints frames. Exit status 0: the server has
 * stored every message that was read; 2: it has not.
 * @throws {StartupError} if the connection cannot be made or ended for good
 */
export async function chatJson(options: ChatOptions): Promise<void> {
	const output = new Output();
	const { conversation, close } = openConversation(options);
	const pipe = new Sender(conversation);
	try {
		reportStatus(conversation, options.url);
		const print = (frame: unknown): void => output.line(jsonLine(frame));
		conversation.on("error", (error) => print(withKeys(error, wireKey)));
		const following = follow(
			conversation,
			options.history,
			print,
			undefined,
			MOST_RESTORED,
		);
		const sending = async (): Promise<void> => {
			// Reading starts once the user is known to be allowed to send.
			await untilReady(conversation);
			await pipe.sendAll(process.stdin);
			await following;
		};
		await Promise.race([
			sending(),
			following.then(forever),
			untilOver(conversation, options.url, () => false),
			output.gone,
			untilStopped(),
		]);
	} catch (error) {
		if (!(error instanceof ConnectionEnded) || pipe.isClean) throw error;
		console.error(`secureconnect: ${error.message}`);
	} finally {
		const unstored = pipe.unstored;
		if (unstored > 0) {
			console.error(
				`secureconnect: ${unstored} of the messages read were not acknowledged`,
			);
			process.exitCode = NOT_STORED;
		}
		close();
		process.stdin.destroy();
	}
}

/** Sends what a pipe brings, no faster than the server takes it, and knows what has become of it. */
class Sender {
	readonly #conversation: Conversation;
	readonly #waiting = new Map<SentCommand, number>();
	#bytes = 0;
	#refused = 0;
	#line = 0;
	#wake: () => void = () => {};

	constructor(conversation: Conversation) {
		this.#conversation = conversation;
	}

	/** Number of messages that were read and that the server has not acknowledged. */
	get unstored(): number {
		return this.#waiting.size + this.#refused;
	}
	get isClean(): boolean {
		return this.unstored === 0;
	}

	/** Sends every line. Resolves when the input has ended and the server has answered every message. */
	async sendAll(input: AsyncIterable<unknown>): Promise<void> {
		for await (const line of linesOf(input)) {
			this.#line++;
			if (line === "") continue;
			try {
				if (typeof line !== "string") throw line;
				await this.#send(line);
			} catch (error) {
				this.#refuse(this.#line, error);
			}
		}
		await this.#until(() => this.#waiting.size === 0);
	}

	async #send(text: string): Promise<void> {
		const outgoing = await outgoingOf(text);
		const bytes = Buffer.byteLength(text);
		await this.#until(
			() =>
				this.#waiting.size === 0 ||
				(this.#waiting.size < MOST_WAITING &&
					this.#bytes + bytes <= MOST_WAITING_BYTES),
		);
		const line = this.#line;
		const message =
			"type" in outgoing
				? this.#conversation.amend(
						outgoing.type,
						outgoing.targetId,
						outgoing.fields,
					)
				: this.#conversation.send(outgoing.content, outgoing.options);
		this.#waiting.set(message, bytes);
		this.#bytes += bytes;
		const done = (): void => {
			this.#waiting.delete(message);
			this.#bytes -= bytes;
			this.#wake();
		};
		message.acknowledged.then(done, (error: unknown) => {
			this.#refuse(line, error);
			done();
		});
	}

	#refuse(line: number, error: unknown): void {
		this.#refused++;
		const why = error instanceof Error ? error.message : String(error);
		console.error(
			`secureconnect: line ${line} was not stored: ${printableLine(why)}`,
		);
	}

	async #until(holds: () => boolean): Promise<void> {
		while (!holds())
			await new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
	}
}
