export declare const sequence: (...parts: readonly Uint8Array[]) => Uint8Array;
/** SET OF: its elements in the order of their bytes. */
export declare const setOf: (...parts: readonly Uint8Array[]) => Uint8Array;
export declare const oid: (text: string) => Uint8Array;
export declare const integer: (value: number | bigint | Uint8Array) => Uint8Array;
export declare const bits: (bytes: Uint8Array) => Uint8Array;
export declare const octets: (...parts: readonly Uint8Array[]) => Uint8Array;
export declare const nothing: Uint8Array<ArrayBufferLike>;
export declare const boolean: (value: boolean) => Uint8Array;
export declare const utf8: (text: string) => Uint8Array;
export declare const printable: (text: string) => Uint8Array;
export declare const ia5: (text: string) => Uint8Array;
/** `[number]` around whole elements: EXPLICIT, or IMPLICIT over a constructed type's content. */
export declare const constructed: (number: number, ...parts: readonly Uint8Array[]) => Uint8Array;
/** `[number]` IMPLICIT over a primitive content. */
export declare const primitive: (number: number, content: Uint8Array) => Uint8Array;
/** UTCTime until 2049, GeneralizedTime after: as certificates have them. */
export declare const certificateTime: (at: Date) => Uint8Array;
export declare const generalizedTime: (at: Date) => Uint8Array;
/** BIT STRING of named bits: `numbers` are set, trailing zeros left out. */
export declare function namedBits(...numbers: readonly number[]): Uint8Array;
