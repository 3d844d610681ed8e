import {
	CloseCode,
	CloseReason,
	encodeFrame,
	parseClientFrame,
} from "@secureconnect/protocol";
import type { Identity } from "../chat/authorise.ts";
import type { Ticket } from "../chat/hub.ts";
import type { SeatEnd, Subscriber } from "../chat/ports.ts";
import type { Departure } from "../chat/presence.ts";
import type { Seat } from "../chat/seat.ts";
import { encodeError } from "./answers.ts";
import { type Connect, Peer, type PeerContext } from "./peer.ts";
import type { SocketFields } from "./welcome.ts";

/** Peer with one seat. When the seat ends, so does the connection. */
export class ChatPeer extends Peer implements Subscriber {
	readonly #conversationId: string;
	#seat: Seat | undefined;

	constructor(
		connect: Connect,
		conversationId: string,
		identity: Identity,
		isV1: boolean,
		context: PeerContext,
	) {
		super(connect, identity, isV1, context);
		this.#conversationId = conversationId;
	}

	/** Takes the seat and sends the first frames. */
	enter(ticket: Ticket, fields: SocketFields): Seat {
		const { userId } = this;
		this.#seat = ticket.enter(this, {
			greet: this.isV1
				? ({ conversationId, timestamp, epoch, ...state }) =>
						encodeFrame({
							type: "welcome",
							conversationId,
							timestamp,
							epoch,
							userId,
							...state,
							...fields,
						})
				: undefined,
			refuse: (error) => encodeError(error, this.context.now()),
			isPresent: true,
		});
		return this.#seat;
	}

	end(reason: SeatEnd): void {
		if (reason === "error")
			this.close(CloseCode.internalError, "the server cannot read the history");
		else this.close(CloseCode.policyViolation, CloseReason[reason]);
	}

	protected handle(text: string, bytes: number): void {
		const parsed = parseClientFrame(text, this.isV1);
		if (!parsed.ok) {
			this.refuseInvalid(parsed.error);
			return;
		}
		const frame = parsed.value;
		switch (frame.type) {
			case "typing":
				if (this.#seat?.isReader) break;
				this.context.commands.typing(
					this.#conversationId,
					this.userId,
					this.id,
				);
				break;
			case "auth":
				void this.track(bytes, this.renew(frame.accessToken), undefined);
				break;
			default:
				void this.track(
					bytes,
					this.run(this.#conversationId, frame),
					undefined,
				);
		}
	}

	protected leave(how: Departure): void {
		this.#seat?.leave(how);
	}
	protected rename(name: string): void {
		this.#seat?.rename(name);
	}
	protected reply(json: string): void {
		this.#seat?.reply(json);
	}
	protected writeReplies(): void {
		this.#seat?.writeReplies();
	}
	protected getsCopy(): boolean {
		return true;
	}
}
