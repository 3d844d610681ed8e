import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** Compresses a document while the server runs. The quality favours speed over size. */
export function compressed(body: string): Record<string, Buffer> {
	return {
		br: brotliCompressSync(body, {
			params: {
				[constants.BROTLI_PARAM_QUALITY]: 5,
				[constants.BROTLI_PARAM_SIZE_HINT]: Buffer.byteLength(body),
			},
		}),
		gzip: gzipSync(body),
	};
}
