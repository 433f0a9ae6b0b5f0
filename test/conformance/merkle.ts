/**
 * Runs Merkle proof vectors. Source: transparency-dev/merkle `testdata`: a folder `inclusion` and a folder
 * `consistency` of JSON files, one proof a file.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../core/errors.ts";
import { verifyConsistency } from "../../core/tlog/consistency-proof.ts";
import { verifyInclusion } from "../../core/tlog/inclusion-proof.ts";

/** `failed` names each file whose proof was judged wrongly. */
export interface MerkleCount {
  passed: number;
  readonly failed: string[];
}

/** Fields of both kinds of file; hashes are base64, a proof may be null. */
interface ProofFile {
  readonly leafIdx?: number;
  readonly treeSize?: number;
  readonly root?: string;
  readonly leafHash?: string;
  readonly size1?: number;
  readonly size2?: number;
  readonly root1?: string;
  readonly root2?: string;
  readonly proof?: readonly string[] | null;
  readonly wantErr: boolean;
}

const bytes = (text: string | null | undefined): Uint8Array => new Uint8Array(Buffer.from(text ?? "", "base64"));

// JSON.parse would round sizes near 2^64.
const parseFile = (text: string): ProofFile =>
  JSON.parse(text.replace(/("(?:leafIdx|treeSize|size1|size2)"\s*:\s*)(\d+)/g, '$1"$2"')) as ProofFile;

function check(kind: "inclusion" | "consistency", file: ProofFile): void {
  const path = (file.proof ?? []).map(bytes);
  if (kind === "inclusion")
    verifyInclusion(
      { leafIndex: BigInt(file.leafIdx ?? 0), treeSize: BigInt(file.treeSize ?? 0), path },
      bytes(file.leafHash),
      bytes(file.root),
    );
  else
    verifyConsistency(
      { firstSize: BigInt(file.size1 ?? 0), secondSize: BigInt(file.size2 ?? 0), path },
      bytes(file.root1),
      bytes(file.root2),
    );
}

function isRefused(kind: "inclusion" | "consistency", file: ProofFile): boolean {
  try {
    check(kind, file);
    return false;
  } catch (error) {
    if (error instanceof EngineError) return true;
    throw error;
  }
}

/** Every proof below `folder`/inclusion and `folder`/consistency, where they exist. */
export function runMerkle(folder: string): MerkleCount {
  const count: MerkleCount = { passed: 0, failed: [] };
  for (const kind of ["inclusion", "consistency"] as const) {
    if (!existsSync(join(folder, kind))) continue;
    const names = readdirSync(join(folder, kind), { recursive: true })
      .map(String)
      .filter((name) => name.endsWith(".json"));
    for (const name of names.sort()) {
      const file = parseFile(readFileSync(join(folder, kind, name), "utf8"));
      if (isRefused(kind, file) === file.wantErr) count.passed++;
      else count.failed.push(`${kind}/${name}`);
    }
  }
  return count;
}
