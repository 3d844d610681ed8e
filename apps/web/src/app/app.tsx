import { createClient } from "@secureconnect/client";
import { ChatProvider } from "@secureconnect/react";
import { useEffect, useState } from "react";
import { type Account, SERVER } from "../account/account.ts";
import { deviceOf } from "../account/device.ts";
import { ConversationMenus } from "../list/menus.tsx";
import { Details, DetailsContext } from "../people/details.ts";
import { Directory, DirectoryContext } from "../people/directory.ts";
import { Chats } from "./chats.tsx";

/** Creates the client, the REST client and the stores that an account uses while it is signed in. */
function sessionOf(account: Account) {
	const { token, userId, name, people } = account;
	const directory = new Directory();
	directory.learn([{ userId, name }, ...people]);
	const client = createClient({
		url: SERVER,
		token,
		userId,
		deviceId: deviceOf(userId),
	});
	return {
		client,
		directory,
		details: new Details(client.conversations, directory),
	};
}

export function App(props: {
	readonly account: Account;
	/** Called when the server no longer accepts the token. */
	readonly onSignedOut: (why: string | undefined) => void;
	/** Called when the user signs out. */
	readonly onSignOut: () => void;
}) {
	const { account, onSignedOut, onSignOut } = props;
	const [session, setSession] = useState<ReturnType<typeof sessionOf>>();
	// An effect, so that its cleanup closes the connections that the client opened.
	useEffect(() => {
		const made = sessionOf(account);
		setSession(made);
		return () => made.client.close();
	}, [account]);
	if (!session) return null;
	return (
		<DirectoryContext value={session.directory}>
			<DetailsContext value={session.details}>
				<ChatProvider client={session.client}>
					<ConversationMenus me={account.userId}>
						<Chats
							account={account}
							onSignedOut={onSignedOut}
							onSignOut={onSignOut}
						/>
					</ConversationMenus>
				</ChatProvider>
			</DetailsContext>
		</DirectoryContext>
	);
}
