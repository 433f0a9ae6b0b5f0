/**
 * Everything that code and documents cite can be opened by a stranger: a section of `docs` that exists, or a public
 * document in a form of the table below. Source: docs/architecture.md#source-files.
 *
 *     Source: RFC 9162 §2.1.1, docs/spec/sigstore.md#tag-layout, #dsse-envelope; Go's net/url package.
 *
 * A clause ends with its sentence, at a colon, or with its comment. Its parts are separated by commas, semicolons and
 * "and". A part that begins with `#` is a section of the page before it, one that begins with `§` a section of the
 * document before it.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import type { CheckReport } from "./check.ts";
import { type SourceFile, readSources } from "./source-text.ts";

const folders = ["core", "proxy", "cli", "scripts", "test"];

/** How public documents are named. A form begins a part; what follows it says where in the document. */
const publicForms: readonly RegExp[] = [
  /^RFC \d{3,5}\b/,
  /^TUF 1\.0\b/,
  /^TAP \d+\b/,
  /^OCI (?:image|distribution) 1\.1\b/,
  /^DSSE 1\.0\b/,
  /^in-toto attestation\b/,
  /^C2SP [a-z-]+\b/,
  /^c2sp\.org\/[a-z-]+/,
  /^FIPS \d+-\d+\b/,
  /^NIST SP 800-\d+\b/,
  /^SEC 1\b/,
  /^X\.(?:680|690)\b/,
  /^IEEE P1363\b/,
  /^OASIS SARIF 2\.1\.0\b/,
  /^OpenID Connect Discovery 1\.0\b/,
  /^WebAssembly (?:Core Specification 1\.0|Component Model)\b/,
  /^Semantic Versioning 2\.0\.0\b/,
  /^Unicode [a-z]/,
  /^YAML 1\.[12]\b/,
  /^JMESPath specification\b/,
  /^OLPC canonical JSON\b/,
  /^protobuf(?: ProtoJSON|'s JSON rules)/,
  /^the JSON mapping of google\.protobuf\./,
  /^(?:AWS KMS API Reference|Azure Key Vault REST API|Cloud KMS API v1|Vault HTTP API)\b/,
  /^SQLite result codes\b/,
  /^sigstore_(?:bundle|common|rekor|trustroot)\.proto\b/,
  /^Sigstore (?:client specification|algorithm registry|bundle|trusted root)\b/,
  /^cosign(?:'s artifact types| signature specification| `[^`]+`)/,
  /^Rekor v[12]\b/,
  /^rekor(?:'s|-tiles)/,
  /^Fulcio's (?:oid-info|certificate (?:profile|specification)|object identifiers)/,
  /^(?:sigstore|tuf)-conformance\b/,
  /^containers\/image simple signing\b/,
  /^Kyverno (?:API v\d|PolicyException|attestors)\b/,
  /^`kyverno [a-z]+`/,
  /^kyverno\/go-jmespath\b/,
  /^Kyverno's (?:ext\/wildcard|go-jmespath|admission)\b/,
  /^Kubernetes(?:'| API reference| admission\/v1| apimachinery| structural schemas)/,
  /^(?:apimachinery labels|openreports\.io\/|sigs\.k8s\.io\/|go\.yaml\.in\/)/,
  /^CNCF distribution `reference`/,
  /^Go's [a-z]+(?:\/|\.| )/,
  /^blang\/semver\b/,
  /^https?:\/\/[a-z]/,
  /^(?:C2SP\/wycheproof|transparency-dev\/merkle|cyberphone\/json-canonicalization|sigstore\/root-signing)\b/,
  /^jmespath\.org compliance tests\b/,
  /^(?:slsa-framework\/slsa-verifier|sse-secure-systems\/connaisseur|openshift\/oc-mirror)\b/,
  /^(?:Lim and Lee 1994|Guide to Elliptic Curve Cryptography)\b/,
];

/** A further place in the document before it. */
const furtherPlace = /^(?:§|#|\.\d|appendix |`|"|v\d|CRDs of |here |without )/;

const comment = /\/\*\*[\s\S]*?\*\/|(?:^[ \t]*\/\/[^\n]*\n)+/gm;
const citation = /(?<![\w/.-])docs\/[\w./-]+?\.md(?:#[\w-]+)?(?:(?:,| and) #[\w-]+)*/g;
const citedRule = /docs\/spec\/[\w-]+\.md#[\w-]+/g;
const bareDocument = /(?<![\w/.#-])[\w-]+\.md\b/g;
const markdownLink = /\]\(([^)\s]+)\)/g;
const codePath = /`((?:core|proxy|cli|scripts|test|docs)\/[\w./-]*\w)`/g;
const rootDocuments = ["README.md", "CONTRIBUTING.md", "SECURITY.md"];

/** The anchor under which GitHub shows a heading. */
const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");

/** Text of Markdown without its code fences. */
const withoutFences = (text: string): string => text.replace(/^```[\s\S]*?^```$/gm, "");

/** Every Markdown page by its path, with its anchors. */
class Pages {
  readonly #root: string;
  readonly texts: ReadonlyMap<string, string>;
  readonly #anchors = new Map<string, ReadonlySet<string>>();

  constructor(root: string) {
    this.#root = root;
    const docs = join(root, "docs");
    const below = existsSync(docs)
      ? readdirSync(docs, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile() && entry.name.endsWith(".md"))
          .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
      : [];
    const paths = [...rootDocuments.filter((name) => existsSync(join(root, name))), ...below].sort();
    this.texts = new Map(paths.map((path) => [path, readFileSync(join(root, path), "utf8")]));
    for (const [path, text] of this.texts)
      this.#anchors.set(
        path,
        new Set([...withoutFences(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading))),
      );
  }

  exists(path: string): boolean {
    return existsSync(join(this.#root, path));
  }

  /** The faults of a page, or of a section of it. */
  fault(path: string, anchor: string | undefined): string | undefined {
    const anchors = this.#anchors.get(path);
    if (anchors === undefined) return `${path} does not exist`;
    return anchor === undefined || anchors.has(anchor) ? undefined : `${path} has no section #${anchor}`;
  }

  /** The faults of `docs/spec/sigstore.md#tag-layout, #dsse-envelope`. */
  citationFaults(text: string): readonly string[] {
    const path = text.replace(/\.md[\s\S]*$/, ".md");
    const anchors = [...text.matchAll(/#([\w-]+)/g)].map(([, anchor]) => anchor);
    return (anchors.length === 0 ? [undefined] : anchors).flatMap((anchor) => this.fault(path, anchor) ?? []);
  }
}

const isPublic = (part: string): boolean => publicForms.some((form) => form.test(part));

/** The sources in a text, its lines joined. Text in parentheses is explanation. */
export const sourceClauses = (text: string): readonly string[] =>
  [...text.replace(/\s*\([^()]*\)/g, "").matchAll(/\bSource:\s*(.*?)(?=[.:](?:\s|$)|$)/g)].map(([, clause = ""]) =>
    clause.trim(),
  );

/** The parts of a clause that name nothing a stranger could open. */
export function unknownParts(clause: string): readonly string[] {
  const parts = clause
    .split(/\s*[;,]\s+(?:and\s+)?|\s+and\s+(?=[§#]|docs\/|RFC |TUF |C2SP |OCI |Go's )/)
    .map((part) => part.trim());
  let known = false;
  return parts.filter((part) => {
    if (part.startsWith("docs/") || isPublic(part)) {
      known = true;
      return false;
    }
    return !(known && furtherPlace.test(part));
  });
}

function commentsOf(text: string): readonly string[] {
  return (text.match(comment) ?? []).flatMap((block) =>
    block
      .replace(/^\/\*\*|\*\/$/g, "")
      .split(/\n[ \t]*(?:\*[ \t]*)?\n/)
      .map((paragraph) => paragraph.replace(/\s*\n\s*(?:\*|\/\/)?[ \t]*/g, " ").trim()),
  );
}

/** The test of this check spells what it looks for. */
const spellsFaults = "test/scripts/check-sources.test.ts";

function sourceFaults({ path, text }: SourceFile, pages: Pages): readonly string[] {
  if (path === spellsFaults) return [];
  const faults = (text.match(citedRule) ?? []).flatMap((cited) => pages.citationFaults(cited));
  for (const paragraph of commentsOf(text)) {
    for (const cited of paragraph.match(citation) ?? []) faults.push(...pages.citationFaults(cited));
    for (const [name] of paragraph.matchAll(bareDocument))
      if (!rootDocuments.includes(name)) faults.push(`${name} is cited without saying where it is`);
    for (const clause of sourceClauses(paragraph)) {
      if (clause === "") faults.push("a Source: without a source");
      faults.push(...unknownParts(clause).map((part) => `nobody can open the source ${JSON.stringify(part)}`));
    }
  }
  return faults.map((fault) => `${path}: ${fault}`);
}

/**
 * Sources of a page of `docs/spec`, in paragraphs of their own. A link is the document that it leads to; a path in
 * backticks is a file of the project that the page's section on sources names.
 */
function specificationFaults(prose: string): readonly string[] {
  return prose
    .split(/\n\n+/)
    .filter((paragraph) => /^Sources?:/.test(paragraph))
    .map((paragraph) => paragraph.replace(/^Sources?:/, "Source:").replaceAll("\n", " "))
    .map((paragraph) => paragraph.replace(/\[[^\]]*\]\((https?:[^)]*)\)/g, "$1"))
    .flatMap(sourceClauses)
    .flatMap(unknownParts)
    .filter((part) => !/^`[\w./*-]+`/.test(part))
    .map((part) => `nobody can open the source ${JSON.stringify(part)}`);
}

function pageFaults(path: string, text: string, pages: Pages): readonly string[] {
  const prose = withoutFences(text);
  const faults: string[] = path.startsWith("docs/spec/") ? [...specificationFaults(prose)] : [];
  for (const [, target = ""] of prose.matchAll(markdownLink)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [file = "", anchor] = target.split("#");
    const full = file === "" ? path : posix.join(dirname(path), file);
    const fault = full.endsWith(".md") ? pages.fault(full, anchor) : pages.exists(full) ? undefined : `no ${full}`;
    if (fault !== undefined) faults.push(fault);
  }
  for (const [, named = ""] of prose.matchAll(codePath))
    if (!pages.exists(named) && !named.includes("*")) faults.push(`${named} does not exist`);
  return faults.map((fault) => `${path}: ${fault}`);
}

/** Tables of tests that name the rule for each difference. */
function tableFaults(root: string, pages: Pages): readonly string[] {
  const folder = join(root, "test/conformance");
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
  return names.flatMap((name) =>
    (readFileSync(join(folder, name), "utf8").match(citedRule) ?? [])
      .flatMap((cited) => pages.citationFaults(cited))
      .map((fault) => `test/conformance/${name}: ${fault}`),
  );
}

/** Checks every TypeScript file and every Markdown page; a tree that cites nothing is a fault. */
export function checkSources(root: string): CheckReport {
  const pages = new Pages(root);
  const files = readSources(root, folders);
  const clauses = files.flatMap(({ text }) => commentsOf(text).flatMap(sourceClauses)).length;
  const faults = [
    ...files.flatMap((file) => sourceFaults(file, pages)),
    ...tableFaults(root, pages),
    ...[...pages.texts].flatMap(([path, text]) => pageFaults(path, text, pages)),
  ];
  if (clauses === 0) faults.push("no source was checked");
  return { saw: `${clauses} sources, ${pages.texts.size} pages`, faults };
}
