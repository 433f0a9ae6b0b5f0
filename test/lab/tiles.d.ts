/** `x001/x234/067`, and `.p/W` for a tile of fewer than 256. */
export declare function tilePath(index: number, size: number): string;
/** Path below `/api/v2/` → content. `checkpoint` is the log's, signed, over these leaves. */
export declare function tileFiles(
  leaves: readonly Uint8Array[],
  checkpoint: string,
): Readonly<Record<string, Uint8Array>>;
