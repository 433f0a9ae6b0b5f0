/**
 * The registry of `npm run bench:ask`, in a process of its own: images signed in the lab, served as any registry would.
 * It prints its address and what is needed to verify; `GET /asked` answers what was asked since the last time.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodePem } from "../../core/encoding/pem.ts";
import { encodeBase64 } from "../../core/encoding/base64.ts";
import { joinedKnowledge } from "../../core/knowledge/joined-knowledge.ts";
import { Lab, sign, type Signed, together } from "../lab/index.ts";
import { serveKnowledge } from "../support/knowledge-registry.ts";
import type { LoopbackServer } from "../support/loopback-server.ts";

const folder = process.argv[2] ?? ".";
const lab = new Lab({ now: new Date() });
const host = "registry.example";
const keyless = Array.from({ length: 100 }, (_, index) =>
  sign(lab, { by: "certificate", layout: "bundle", repository: `${host}/keyless/app${index}`, tag: "1" }),
);
const signers = Array.from({ length: 200 }, (_, index) =>
  sign(new Lab({ seed: `signer ${index}`, signedAt: lab.signedAt, now: lab.now }), {
    by: "key",
    layout: "tag",
    evidence: [],
    repository: `${host}/keyed/app`,
    tag: "1",
  }),
);
const last = signers.at(-1) as Signed;
const keyed = together(last, ...signers.slice(0, -1));
writeFileSync(join(folder, "root.json"), keyless[0]?.trustedRoot ?? "");
writeFileSync(join(folder, "last.pub"), encodePem("PUBLIC KEY", encodeBase64(last.making.key.publicKey.spki)));

let server: LoopbackServer | undefined;
server = await serveKnowledge(
  joinedKnowledge([...keyless, keyed].map(({ knowledge }) => knowledge)),
  (path) => `${host}/${path}`,
  {
    before: (path, response) => {
      if (path !== "/asked") return false;
      response.end(JSON.stringify((server?.asked() ?? []).filter((line) => line !== "GET /asked")));
      return true;
    },
  },
);
process.stdout.write(`${server.url}\n`);
