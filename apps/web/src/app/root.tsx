import {
	lazy,
	Suspense,
	useCallback,
	useEffect,
	useRef,
	useState,
} from "react";
import {
	type Account,
	forgetToken,
	givenAccount,
	IS_DEV,
	keptAccount,
	NobodyError,
} from "../account/account.ts";
import { forgetDrafts } from "../account/drafts.ts";
import { takeFragment } from "../account/fragment.ts";
import { forgetRefused } from "../account/refused.ts";
import { App } from "./app.tsx";
import { titled } from "./document-title.ts";
import { beginAt } from "./route.ts";

// Loaded separately: a page that receives a token never shows it.
const SignIn = lazy(() =>
	import("../account/sign-in.tsx").then(({ SignIn }) => ({ default: SignIn })),
);

const NO_TOKEN = "The link does not contain a valid token.";

/** Determines the account, then shows the chat or the sign-in form. */
export function Root(props: { readonly given: string | undefined }) {
	const [given, setGiven] = useState(props.given);
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
		// A page of a server in production does not load this.
		import("../account/dev-account.ts")
			.then(({ devAccount }) => devAccount(person))
			.then(setAccount, (error: unknown) =>
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
	// When a link with a token opens in a tab that shows this page, the browser does not load the page again.
	useEffect(() => {
		const changed = (): void => {
			const { token } = takeFragment();
			if (token === undefined) return;
			const next = givenAccount(token);
			setGiven(token);
			setWhy(next ? undefined : NO_TOKEN);
			setAccount(next);
		};
		addEventListener("hashchange", changed);
		return () => removeEventListener("hashchange", changed);
	}, []);
	const signedOut = useCallback((reason: string | undefined) => {
		forgetToken();
		setWhy(reason);
		setAccount(undefined);
	}, []);
	const signOut = useCallback(() => {
		if (account) {
			forgetDrafts(account.userId);
			forgetRefused(account.userId);
		}
		// The next account may not see the conversation in the address.
		beginAt("");
		signedOut(undefined);
	}, [account, signedOut]);
	const hasAccount = account !== undefined;
	useEffect(() => {
		if (!hasAccount) document.title = titled(undefined, undefined, 0);
	}, [hasAccount]);
	// A new key for each account discards the state of the previous one.
	const accounts = useRef({ account, count: 0 });
	if (accounts.current.account !== account)
		accounts.current = { account, count: accounts.current.count + 1 };

	if (account)
		return (
			<App
				key={accounts.current.count}
				account={account}
				onSignedOut={signedOut}
				onSignOut={signOut}
			/>
		);
	if (!isDev)
		return (
			<Suspense
				fallback={
					<p className="loading" role="status">
						SecureConnect is loading…
					</p>
				}
			>
				<SignIn
					why={why}
					onSignedIn={(next) => {
						setWhy(undefined);
						setAccount(next);
					}}
				/>
			</Suspense>
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
