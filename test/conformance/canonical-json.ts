/**
 * Runs canonical JSON vectors. Source: cyberphone/json-canonicalization `testdata`: `input` and `output` of the same
 * name, `outhex` with the bytes of `output`.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { encodeCanonicalJson } from "../../core/encoding/canonical-json.ts";
import { encodeHex } from "../../core/encoding/hex.ts";
import { parseJson } from "../../core/encoding/json.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { defaultLimits } from "../../core/limits.ts";

/** `failed` names each input whose canonical form is another one. */
export interface CanonicalJsonCount {
  passed: number;
  readonly failed: string[];
}

/** Every input below `folder`, compared with `output` and, where it exists, with `outhex`. */
export function runCanonicalJson(folder: string): CanonicalJsonCount {
  const count: CanonicalJsonCount = { passed: 0, failed: [] };
  for (const name of readdirSync(join(folder, "input")).sort()) {
    const canonical = encodeUtf8(
      encodeCanonicalJson(
        parseJson(new Uint8Array(readFileSync(join(folder, "input", name))), { limits: defaultLimits }),
      ),
    );
    const expected = encodeHex(new Uint8Array(readFileSync(join(folder, "output", name))));
    const hexFile = join(folder, "outhex", name.replace(/\.json$/, ".txt"));
    const expectedHex = existsSync(hexFile) ? readFileSync(hexFile, "utf8").replace(/\s/g, "") : expected;
    if (encodeHex(canonical) === expected && expected === expectedHex) count.passed++;
    else count.failed.push(name);
  }
  return count;
}
