/** Stands for a part of the page whose code could not be loaded. */
export function MissingPart() {
	return (
		<p className="error" role="alert">
			A part of the page could not be loaded. Reload the page to try again.{" "}
			<button className="link" type="button" onClick={() => location.reload()}>
				Reload
			</button>
		</p>
	);
}
