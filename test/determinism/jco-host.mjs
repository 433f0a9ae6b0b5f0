// node jco-host.mjs ENGINE.js CORPUS.json DECIDED.json: what the component decides as an ES module.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [module, input, output] = process.argv.slice(2);
const { explain, load } = await import(pathToFileURL(module).href);
const decided = [];
for (const { capsule, keys, cases } of JSON.parse(readFileSync(input, "utf8"))) {
  load(Buffer.from(capsule, "base64"), keys);
  for (const { request, now } of cases) decided.push(explain(request, now));
}
writeFileSync(output, JSON.stringify(decided));
