import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError, type ErrorCode } from "../../../../core/errors.ts";
import { defaultLimits } from "../../../../core/limits.ts";
import { associatedTag } from "../../../../core/oci/associated-tag.ts";
import { type Endpoint, everyCapability } from "../../../../proxy/upstream/registry/endpoint.ts";
import { createRepositoryFacts } from "../../../../proxy/upstream/registry/repository-facts.ts";
import {
  indexReply,
  manifestReply,
  never,
  notFound,
  type Reply,
  someManifest,
  withRegistry,
} from "../../../support/registry-server.ts";

const test = suite("proxy/upstream/registry/repository-facts");
const { text, digest } = someManifest();
const signature = associatedTag(digest, "signature");
const attestation = associatedTag(digest, "attestation");
const endpoint: Endpoint = {
  host: "ghcr.io",
  scheme: "https",
  root: "/v2/",
  path: "org/app",
  capabilities: everyCapability,
  knowsAbsence: true,
};

interface Reads {
  readonly tags?: readonly string[] | ErrorCode;
  readonly pages?: number;
}

/** Facts beside a list that counts how often it is begun, and how many pages are read. */
function listing({ tags = [signature], pages = 1 }: Reads) {
  const seen = { lists: 0, pages: 0, now: 0 };
  const log: string[] = [];
  const facts = createRepositoryFacts({ now: () => seen.now, limits: defaultLimits, log: (line) => log.push(line) });
  const list = (mayReadOn: (pages: number) => boolean): Promise<readonly string[]> => {
    seen.lists++;
    for (let page = 1; page <= pages; page++) {
      seen.pages++;
      if (page < pages && !mayReadOn(page)) return Promise.reject(new EngineError("over-budget", "too long"));
    }
    return typeof tags === "string" ? Promise.reject(new EngineError(tags, "no")) : Promise.resolve(tags);
  };
  return { seen, log, facts, isUnlisted: (tag: string, at = endpoint) => facts.isUnlisted(at, tag, list) };
}

test("a list is read once for all that ask together, and again when it is no longer fresh", async () => {
  const { seen, isUnlisted } = listing({});
  assert.equal(await Promise.all([isUnlisted(attestation), isUnlisted(signature)]), [true, false]);
  seen.now = 9999;
  assert.is(await isUnlisted(attestation), true);
  assert.is(seen.lists, 1);
  seen.now = 10_000;
  assert.is(await isUnlisted(attestation), true);
  assert.is(seen.lists, 2);
});

test("a list without any tag of this kind proves nothing: some registries leave them out", async () => {
  const { seen, isUnlisted } = listing({ tags: ["1.0", "latest"] });
  for (let times = 0; times < 3; times++) assert.is(await isUnlisted(attestation), false);
  assert.is(seen.lists, 1);
});

test("a list that is refused is not asked for again, and a log says so", async () => {
  const { seen, log, isUnlisted } = listing({ tags: "access-denied" });
  for (let times = 0; times < 9; times++) assert.is(await isUnlisted(attestation), false);
  assert.is(seen.lists, 1);
  assert.equal(log, ["ghcr.io/v2/org/app : its list of tags is not used, each tag is asked for: no"]);
});

test("never more pages than tags that were asked about; it is tried again when it may be worth more", async () => {
  const { seen, isUnlisted } = listing({ pages: 3 });
  const said: boolean[] = [];
  for (let asked = 1; asked <= 6; asked++) {
    said.push(await isUnlisted(attestation));
    assert.ok(seen.pages <= asked, `${seen.pages} pages for ${asked} tags`);
  }
  assert.equal(said, [false, false, false, true, true, true]);
});

test("each repository of each host, and each that a mirror is asked for, has a list of its own", async () => {
  const { seen, isUnlisted } = listing({});
  const others = [{ path: "org/other" }, { host: "quay.io" }, { namespace: "docker.io" }, { root: "/v2/a/" }];
  for (const other of [{}, ...others]) await isUnlisted(attestation, { ...endpoint, ...other });
  assert.is(seen.lists, 5);
});

const api = `/v2/org/app/referrers/${digest}`;
const list = "/v2/org/app/tags/list";
const question = (host: string) => ({ repository: `${host}/org/app`, digest });

/** A registry with one image, `1`, whose list of tags and of referrers are these. */
const withImage = (
  answers: Readonly<Record<string, Reply>>,
  act: (asked: () => Promise<readonly string[]>) => Promise<void>,
): Promise<void> =>
  withRegistry(
    (path) => answers[path] ?? (path === "/v2/org/app/manifests/1" ? manifestReply(text) : undefined),
    async (server, { tag, referrers }) => {
      await tag.ask({ kind: "tag", repository: `${server.host}/org/app`, tag: "1" }, never);
      server.asked();
      await act(async () => {
        const answer = await referrers.ask({ kind: "referrers", ...question(server.host) }, never);
        assert.is(answer?.state, "absent");
        return server.asked();
      });
    },
    { isOneRun: true },
  );

const listed: Reply = { headers: { "content-type": "application/json" }, body: JSON.stringify({ tags: [signature] }) };
const page: Reply = { status: 404, headers: { "content-type": "text/plain" }, body: "404 page not found\n" };

test("a tag that the list does not name is not asked for, nor is an API that is not there a second time", () =>
  withImage({ [list]: listed, [api]: page }, async (asked) => {
    assert.equal([...(await asked())].sort(), [`GET ${api}`, `GET ${list}`]);
    assert.equal(await asked(), []);
  }));

test("an API that says 404 of a manifest is asked again", () =>
  withImage({ [list]: listed, [api]: notFound() }, async (asked) => {
    await asked();
    assert.equal(await asked(), [`GET ${api}`]);
  }));

test("an API that answers is asked each time: its lists are no tags", () =>
  withImage({ [list]: listed, [api]: indexReply([]) }, async (asked) => {
    await asked();
    assert.equal(await asked(), [`GET ${api}`]);
  }));

test.run();
