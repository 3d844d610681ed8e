import { type FormEvent, useId, useState } from "react";
import { type Account, givenAccount } from "./account.ts";

/** Asks for a token, which the application's backend issues. */
export function SignIn(props: {
	readonly why: string | undefined;
	readonly onSignedIn: (account: Account) => void;
}) {
	const [error, setError] = useState("");
	const id = useId();
	const submit = (event: FormEvent<HTMLFormElement>): void => {
		event.preventDefault();
		const token = String(new FormData(event.currentTarget).get("token")).trim();
		const account = givenAccount(token);
		if (account) props.onSignedIn(account);
		else
			setError(
				"This is not a user’s token. A token has three parts with dots between. Get it from your backend or “secureconnect token”.",
			);
	};
	return (
		<main className="sign-in">
			<form className="card" onSubmit={submit}>
				<h1>SecureConnect</h1>
				{props.why && <p role="alert">{props.why}</p>}
				<p>
					Paste an access token to sign in. It stays in this tab until you close
					the tab.
				</p>
				<label htmlFor={id}>Access token</label>
				<textarea
					id={id}
					name="token"
					rows={5}
					required
					spellCheck="false"
					autoComplete="off"
					aria-invalid={error !== ""}
					aria-describedby={error ? `${id}-error` : undefined}
				/>
				{error && (
					<p className="error" id={`${id}-error`} role="alert">
						{error}
					</p>
				)}
				<button className="primary" type="submit">
					Sign in
				</button>
			</form>
		</main>
	);
}
