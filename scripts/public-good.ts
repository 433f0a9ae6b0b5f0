/**
 * Writes `core/trust/public-good.ts`: what Sigstore's public-good instance vouches for itself with, taken from the data
 * of the `@sigstore/tuf` package (Apache-2.0).
 *
 *     node --import tsx scripts/public-good.ts
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

interface Seeds {
  readonly [mirror: string]: { readonly "root.json": string; readonly targets: Readonly<Record<string, string>> };
}

const mirror = "https://tuf-repo-cdn.sigstore.dev";

/** The module's text. */
export function publicGoodModule(): string {
  const folder = dirname(createRequire(import.meta.url).resolve("@sigstore/tuf/package.json"));
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { readonly version: string };
  const seed = (JSON.parse(readFileSync(join(folder, "seeds.json"), "utf8")) as Seeds)[mirror];
  const target = seed?.targets["trusted_root.json"];
  if (seed === undefined || target === undefined)
    throw new Error(`the seeds of @sigstore/tuf have no trusted_root.json of ${mirror}`);
  const lines = (base64: string): string =>
    (base64.match(/.{1,150}/g) ?? []).map((line) => `    "${line}",`).join("\n");
  const constant = (name: string, says: string, base64: string): string =>
    `/** ${says} */\n` +
    `export const ${name} = (): Uint8Array =>\n` +
    "  decodeBase64(\n" +
    "    [\n" +
    `${lines(base64).replace(/^/gm, "  ")}\n` +
    '    ].join(""),\n' +
    "  );\n";
  return [
    `/** Sigstore's public-good instance, as @sigstore/tuf ${version} carries it. Written by ` +
      "scripts/public-good.ts. */",
    'import { decodeBase64 } from "../encoding/base64.ts";',
    "",
    `/** Where its TUF repository is served. */\nexport const publicGoodMirror = "${mirror}";`,
    "",
    constant("publicGoodRoot", "Its TUF root, where an update begins.", seed["root.json"]),
    constant(
      "publicGoodTrustedRoot",
      "Its trusted root at the time of that package: for a verification that is given none.",
      target,
    ),
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(fileURLToPath(new URL("../core/trust/public-good.ts", import.meta.url)), publicGoodModule());
