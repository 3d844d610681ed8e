/** Shorter data is unmasked byte by byte, because a view of its words would cost more than it saves. */
const WORDS_FROM_BYTES = 64;
const scratch = new Uint8Array(4);
const scratchWord = new Uint32Array(scratch.buffer);

/**
 * Removes the mask of a frame from part of its payload, in place (RFC 6455, section 5.3).
 * @param mask four bytes, the first in the lowest bits
 * @param position position of the part in the frame's payload
 */
export function unmask(data: Buffer, mask: number, position: number): void {
	if (mask === 0) return;
	let at = 0;
	let { length } = data;
	const byteOf = (index: number): number =>
		mask >>> (8 * ((position + index) & 3));
	if (length >= WORDS_FROM_BYTES) {
		const aligned = (4 - (data.byteOffset & 3)) & 3;
		for (; at < aligned; at++) data[at] = (data[at] ?? 0) ^ byteOf(at);
		// The mask is in the machine's own byte order, like the view.
		for (let i = 0; i < 4; i++) scratch[i] = byteOf(at + i);
		const [word = 0] = scratchWord;
		const words = new Uint32Array(
			data.buffer,
			data.byteOffset + at,
			(length - at) >> 2,
		);
		for (let i = 0; i < words.length; i++) words[i] = (words[i] ?? 0) ^ word;
		at += words.length * 4;
	}
	length = data.length;
	for (; at < length; at++) data[at] = (data[at] ?? 0) ^ byteOf(at);
}
