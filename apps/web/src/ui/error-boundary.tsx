import { Component, type ReactNode } from "react";

/**
 * Shows two ways to continue after rendering failed. Without it React leaves the page empty. The composer keeps the
 * text as a draft while the user types, so both buttons restore it.
 */
export class ErrorBoundary extends Component<
	{ readonly children: ReactNode },
	{ readonly hasFailed: boolean }
> {
	override state = { hasFailed: false };

	static getDerivedStateFromError(): { hasFailed: boolean } {
		return { hasFailed: true };
	}

	/** Reports the error: Preact does not. */
	override componentDidCatch(error: unknown): void {
		reportError(error);
	}

	override render(): ReactNode {
		if (!this.state.hasFailed) return this.props.children;
		return (
			<main className="sign-in">
				<div className="card" role="alert">
					<h1>The page stopped working</h1>
					<p>Your text is saved. Reload the page to continue.</p>
					<button
						className="primary"
						type="button"
						onClick={() => location.reload()}
					>
						Reload
					</button>
					<button
						className="quiet"
						type="button"
						onClick={() => this.setState({ hasFailed: false })}
					>
						Continue without a reload
					</button>
				</div>
			</main>
		);
	}
}
