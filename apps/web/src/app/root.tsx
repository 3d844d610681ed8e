import { useCallback, useEffect, useState } from "react";
import {
	type Account,
	devAccount,
	forgetToken,
	givenAccount,
	IS_DEV,
	keptAccount,
	NobodyError,
} from "../account/account.ts";
import { SignIn } from "../account/sign-in.tsx";
import { App } from "./app.tsx";

const NO_TOKEN = "The address had something in it that is no token.";

/** Who it is comes first; then the chat. */
export function Root({ given }: { readonly given: string | undefined }) {
	const [account, setAccount] = useState<Account | undefined>(() =>
		given === undefined ? keptAccount() : givenAccount(given),
	);
	const [why, setWhy] = useState(
		given !== undefined && !account ? NO_TOKEN : undefined,
	);
	const [error, setError] = useState("");
	const isDev = IS_DEV && given === undefined;

	const signIn = useCallback(() => {
		setError("");
		const person = new URLSearchParams(location.search).get("as") ?? "";
		devAccount(person).then(setAccount, (error: unknown) =>
			setError(
				error instanceof NobodyError
					? error.message
					: "The server does not answer. Is it running?",
			),
		);
	}, []);
	useEffect(() => {
		if (isDev && !account) signIn();
	}, [isDev, account, signIn]);
	const signedOut = useCallback((reason: string | undefined) => {
		forgetToken();
		setWhy(reason);
		setAccount(undefined);
	}, []);

	if (account) return <App account={account} onSignedOut={signedOut} />;
	if (!isDev)
		return (
			<SignIn
				why={why}
				onSignedIn={(next) => {
					setWhy(undefined);
					setAccount(next);
				}}
			/>
		);
	if (!error) return null;
	return (
		<main className="sign-in">
			<div className="card" role="alert">
				<h1>SecureConnect</h1>
				<p>{error}</p>
				<button className="primary" type="button" onClick={signIn}>
					Try again
				</button>
			</div>
		</main>
	);
}
