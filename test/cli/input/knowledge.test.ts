import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ClusterFiles } from "../../../cli/input/cluster-files.ts";
import { openKnowledge, parseTimeFlag } from "../../../cli/input/knowledge.ts";
import { ourKey } from "../../support/archive-store.ts";
import { rejectsCode, throwsCode } from "../../support/assert.ts";
import { fixtureText } from "../../support/fixture-images.ts";
import { origin, writtenMirror } from "../../support/temporary-mirror.ts";
import { testIO } from "../command-io.ts";
import { demoLayout, repository } from "../demo-layout.ts";

const test = suite("cli/input/knowledge");

test("a time is RFC 3339, and nothing else that a Date would take", () => {
  assert.is(parseTimeFlag("2026-11-22T17:03:00+01:00", "--at").toISOString(), "2026-11-22T16:03:00.000Z");
  for (const text of [
    "2026-02-30T00:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026",
    "2026-11-22",
    "now",
    "2026-13-01T00:00:00Z",
    "2026-11-22T17:03:00",
  ])
    throwsCode("invalid-usage", () => parseTimeFlag(text, "--at"));
});

test("nothing named, nothing known", async () => {
  const { knowledge } = await openKnowledge({}, testIO().io);
  assert.is(knowledge.answer({ kind: "tag", repository: "a.example/b", tag: "1" }), undefined);
  assert.is(knowledge.answer({ kind: "trusted-root", name: "public-good" }), undefined);
  assert.is(knowledge.answer({ kind: "key", reference: "k8s://a/b" }), undefined);
});

const pem = ourKey.signing.publicKey;

test("key files and variables answer for references, or are absent", async () => {
  const { knowledge } = await openKnowledge({}, testIO({ files: { "./a.pub": pem }, env: { KEY: pem } }).io);
  const state = (reference: string) => knowledge.answer({ kind: "key", reference })?.state;
  assert.equal(
    [state("./a.pub"), state("file://./a.pub"), state("./b.pub"), state("env://KEY"), state("env://NONE")],
    ["present", "present", "absent", "present", "absent"],
  );
  const binary = testIO({ files: { "./a.der": Uint8Array.of(0x30, 0x82), "./a.txt": "secret" } }).io;
  const odd = (await openKnowledge({}, binary)).knowledge;
  for (const reference of ["./a.der", "./a.txt"]) throwsCode("no-key", () => odd.answer({ kind: "key", reference }));
});

test("a trusted root of the command line answers for every name", async () => {
  const { knowledge } = await openKnowledge(
    { trustedRoot: "root.json" },
    testIO({ files: { "root.json": fixtureText("trust/trusted-root.json") } }).io,
  );
  for (const name of ["public-good", "corp"])
    assert.is(knowledge.answer({ kind: "trusted-root", name })?.state, "present");
  await rejectsCode("invalid-usage", () => openKnowledge({ trustedRoot: "gone.json" }, testIO().io));
  for (const text of ["{}", "{", "kind: Pod"]) {
    const { io } = testIO({ files: { "root.json": text }, env: { SALLYPORT_TRUSTED_ROOT: "root.json" } });
    const refused = await rejectsCode("invalid-usage", () => openKnowledge({ trustedRoot: "root.json" }, io));
    assert.is(refused.subject, "root.json");
    await rejectsCode("invalid-usage", () => openKnowledge({}, io));
  }
});

test("a key is read once, so that a command decides from one state of it", async () => {
  const { io } = testIO({ files: { "./a.pub": pem } });
  let reads = 0;
  const readFile = (path: string): Uint8Array => {
    reads++;
    return io.readFile(path);
  };
  const { knowledge } = await openKnowledge({}, { ...io, readFile });
  for (let time = 0; time < 3; time++)
    assert.is(knowledge.answer({ kind: "key", reference: "./a.pub" })?.state, "present");
  assert.is(reads, 1);
});

test("everything that a command may know tells its version, so that the engine remembers", async () => {
  const tag = (name: string) => ({ kind: "tag", repository, tag: name }) as const;
  const absent = { state: "absent", ...origin } as const;
  const store = writtenMirror((mirror) => mirror.writer().setAnswer(tag("gone"), absent));
  const opened = await openKnowledge(
    { layout: [demoLayout().folder], trustedRoot: "root.json", store },
    testIO({ files: { "root.json": fixtureText("trust/trusted-root.json") } }).io,
    [new ClusterFiles([], [], new Date(0))],
  );
  const version = opened.knowledge.state?.().version;
  assert.type(version, "string");
  assert.is(opened.knowledge.answer(tag("signed"))?.state, "present");
  assert.is(opened.knowledge.state?.().version, version);
  writtenMirror((mirror) => mirror.writer().setAnswer(tag("new"), absent), store);
  assert.is.not(opened.knowledge.state?.().version, version);
  opened.close();
});

test("layouts join: what one has, all have; lists of referrers are one list", async () => {
  const one = demoLayout();
  const two = demoLayout();
  const digest = one.digests.signed as `sha256:${string}`;
  const referrer = (suffix: string) => [
    {
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      digest: `sha256:${suffix.repeat(64)}` as `sha256:${string}`,
      size: 1,
    },
  ];
  const source = (suffix: string) =>
    ({
      answer: (question: { readonly kind: string }) =>
        question.kind === "referrers" ? { state: "present", value: referrer(suffix), at: "", from: suffix } : undefined,
    }) as never;
  const { knowledge } = await openKnowledge({ layout: [one.folder, two.folder], complete: "repository" }, testIO().io, [
    source("a"),
    source("b"),
  ]);
  assert.is(knowledge.answer({ kind: "tag", repository, tag: "signed" })?.state, "present");
  assert.is(knowledge.answer({ kind: "tag", repository, tag: "none" })?.state, "absent");
  const list = knowledge.answer({ kind: "referrers", repository, digest });
  assert.is(list?.state === "present" ? list.value.length : 0, 2);
});

test.run();
