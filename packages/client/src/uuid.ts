/** Checks the form only. It accepts every version and the nil UUID, which the server rejects. */
export const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * Creates a UUID of version 4. `crypto.randomUUID` exists only on secure pages; `getRandomValues` exists on all.
 */
export function newUuid(): string {
	return "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) => {
		const [random = 0] = crypto.getRandomValues(new Uint8Array(1));
		// The 8 keeps its upper two bits, which are the variant.
		return (Number(digit) ^ (random & (15 >> (Number(digit) / 4)))).toString(
			16,
		);
	});
}
