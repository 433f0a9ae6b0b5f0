/**
 * A process that is meant to be killed while it carries: `export STORE FILE KEY` or `import STORE FILE KEY`, where KEY
 * is the file of a private key. It says `ready` before it begins, and `done` when it ended.
 */
import { readFileSync } from "node:fs";
import { readArchiveKey } from "../../core/archive/archive-statement.ts";
import { defaultLimits } from "../../core/limits.ts";
import { loadSigningKey } from "../../proxy/archive/signing-key.ts";
import { exported } from "../support/archive-store.ts";
import { importing } from "../support/importing.ts";

const [what = "", store = "", file = "", keyFile = ""] = process.argv.slice(2);
const pem = readFileSync(keyFile, "utf8");
const signing = loadSigningKey(pem, { subject: keyFile, password: undefined, limits: defaultLimits });
const key = { pem, signing, key: readArchiveKey(signing.publicKey, defaultLimits) };

process.stdout.write("ready\n");
if (what === "export") exported(store, { key: signing, path: file, withLayers: true });
else importing(store, file, { key });
process.stdout.write("done\n");
