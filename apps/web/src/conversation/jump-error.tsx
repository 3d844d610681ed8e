/** Reports that the list could not show a message. */
export function JumpError({ onClose }: { readonly onClose: () => void }) {
	return (
		<p className="error send-error" role="alert">
			The message could not be loaded.{" "}
			<button className="link" type="button" onClick={onClose}>
				Close
			</button>
		</p>
	);
}
