/**
 * Files of what V8 compiled of a chunk. V8 believes what it reads: of the source it compares the length, of the code
 * nothing. So each file begins with a seal: a digest of the Node that compiled, of the source and of the code. Where it
 * does not hold, the source is compiled as if there were no file (docs/decisions/033-compiled-code.md).
 */
import type { hash } from "node:crypto";

/** What `process` says about a Node. */
export type NodeFacts = Pick<NodeJS.Process, "version" | "versions" | "arch" | "platform" | "config">;

/** The name of the folder that holds code for this Node. */
export const compiledFolder = ({ version, versions, arch, platform }: NodeFacts): string =>
  `node-${version}-v8-${versions.v8}-${platform}-${arch}`;

/** The name of the file that holds a chunk's code. */
export const compiledName = (chunk: string): string => chunk.replace(/\.cjs$/, ".bin");

/** Hexadecimal. */
type Digest = typeof hash;
const algorithm = "sha256";
const sealLength = 64;

/** Makes seals and breaks them, for one Node. */
export interface CodeSeals {
  /** The content of the file. */
  readonly seal: (source: Uint8Array, code: Uint8Array) => Uint8Array;
  /** The code in a file, if it is this source's by this Node. */
  readonly open: (source: Uint8Array, file: Uint8Array) => Uint8Array | undefined;
}

/** Two Nodes of one version are not the same: a distribution builds it with other settings and libraries. */
export function codeSeals(facts: NodeFacts, digest: Digest): CodeSeals {
  const { version, versions, arch, platform, config } = facts;
  const node = digest(algorithm, JSON.stringify([version, versions, arch, platform, config]));
  const sealOf = (source: Uint8Array, code: Uint8Array): string =>
    digest(algorithm, [node, digest(algorithm, source), digest(algorithm, code)].join(" "));
  return {
    seal: (source, code) => Buffer.concat([Buffer.from(sealOf(source, code), "latin1"), code]),
    open(source, file) {
      const code = file.subarray(sealLength);
      const said = Buffer.from(file.buffer, file.byteOffset, Math.min(sealLength, file.length)).toString("latin1");
      return said === sealOf(source, code) ? code : undefined;
    },
  };
}
