/**
 * `npm run determinism`: one corpus of decisions in every host that is here, and the handler's answers, compared byte
 * for byte. One table has a row for each host.
 */
import { fileURLToPath } from "node:url";
import { summaryLine } from "../../scripts/run-tests.ts";
import { compareHosts, countCompared, renderCompared } from "./compare.ts";
import { makeCorpus } from "./corpus.ts";
import { allHosts } from "./hosts.ts";
import { handlerHosts, reviewPaths } from "./workers.ts";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");
const tell = (host: string, ms: number): void => void process.stderr.write(`${host}: ${ms} ms\n`);
const corpus = makeCorpus();
const decided = await compareHosts(corpus, allHosts(root), tell);
const answered = await compareHosts(corpus, handlerHosts(root), tell, reviewPaths);
const compared = [...decided, ...answered];
const counts = countCompared(compared);
process.stdout.write(`${renderCompared(compared)}\n${summaryLine(counts)}\n`);
process.exitCode = counts.failed > 0 ? 1 : 0;
