export declare function treeRoot(leaves: readonly Uint8Array[]): Uint8Array;
/** Hashes from the leaf's sibling up. */
export declare function inclusionPath(leaves: readonly Uint8Array[], index: number): readonly Uint8Array[];
/**
 * Hashes that show that the tree of the first `size` leaves is the beginning of the whole one. Source: RFC 9162
 * §2.1.4.1.
 */
export declare const consistencyPath: (leaves: readonly Uint8Array[], size: number) => readonly Uint8Array[];
