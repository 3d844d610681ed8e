import type { ChatClient, Fields, Metadata } from "@secureconnect/client";
import { NO_PINS, PinStore, type PinsState } from "./pin-store.ts";
import { useChat } from "./provider.ts";
import { Shared, useShared } from "./shared.ts";

const PINS = new Shared(
	NO_PINS,
	(client: ChatClient, id) => new PinStore(client, id),
);

/** State that {@link usePins} returns. */
export type Pins<M extends object = Metadata> = PinsState<M>;

/**
 * Returns the pinned messages of a conversation, kept up to date. `M` is the type of the metadata of messages.
 * @param id a UUID, in upper or lower case
 */
export function usePins<M extends Fields<M> = Metadata>(id: string): Pins<M> {
	const { client } = useChat();
	return useShared(PINS, client, id.toLowerCase()) as unknown as Pins<M>;
}
