import { existsSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Digest, digestOf } from "../../../core/crypto/digest.ts";
import { associatedTag } from "../../../core/oci/associated-tag.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import type { Mirror } from "../../../proxy/mirror/mirror.ts";
import { throwsCode } from "../../support/assert.ts";
import { origin, reading, tamper, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/collect-garbage");
const repository = "ghcr.io/org/app";
const bytesOf = (value: unknown): Uint8Array => new Uint8Array(Buffer.from(JSON.stringify(value)));
const descriptor = (bytes: Uint8Array) => ({ mediaType: "a/b", digest: digestOf(bytes), size: bytes.length });

/** A manifest of one configuration and one layer; `more` makes it another one. */
function image(mirror: Mirror, more: object = {}, at = origin.at, where = repository): Digest {
  const config = bytesOf({ config: more });
  const layer = descriptor(new Uint8Array(Buffer.from("a layer")));
  const manifest = bytesOf({ config: descriptor(config), layers: [layer], ...more });
  const digest = digestOf(manifest);
  const said = { state: "present", at, from: "test" } as const;
  mirror.writer().setAnswer({ kind: "manifest", repository: where, digest }, { ...said, value: manifest });
  mirror.writer().setAnswer({ kind: "blob", repository: where, digest: digestOf(config) }, { ...said, value: config });
  return digest;
}

function tag(mirror: Mirror, name: string, digest: Digest, at = origin.at, where = repository): void {
  mirror
    .writer()
    .setAnswer(
      { kind: "tag", repository: where, tag: name },
      { state: "present", value: { mediaType: "a/b", digest, size: 9 }, at, from: "test" },
    );
}

/** A signature by cosign's tag, in this repository. */
const sign = (mirror: Mirror, of: Digest, where = repository): void =>
  tag(
    mirror,
    associatedTag(of, "signature"),
    image(mirror, { annotations: { signs: of } }, origin.at, where),
    origin.at,
    where,
  );

const names = (mirror: Mirror): readonly string[] => mirror.list().map((entry) => entry.image);
const has = (mirror: Mirror, digest: Digest, where = repository): boolean =>
  mirror.knowledge().answer({ kind: "manifest", repository: where, digest }) !== undefined;
const sound = (folder: string): void =>
  reading(folder, (mirror) => assert.equal(mirror.inspect(nodeVerifier).damage, []));

test("without rules images stay, and what nothing refers to goes", () => {
  const folder = writtenMirror((mirror) => {
    tag(mirror, "1", image(mirror));
    mirror.writer().addBlob(bytesOf("nobody refers to this"));
    const said = mirror.writer().collect(undefined, true);
    assert.is(said.blobs, 1);
    assert.equal(mirror.writer().collect(undefined), said);
    assert.is(mirror.writer().collect(undefined).blobs, 0);
    assert.equal(names(mirror), [`${repository}:1`]);
  });
  sound(folder);
});

test("the newest tags stay with their signatures; the others go with theirs, and what they share stays", () => {
  const folder = writtenMirror((mirror) => {
    const digests = ["1", "2", "3"].map((name, index) => {
      const digest = image(mirror, { annotations: { name } });
      tag(mirror, name, digest, `2026-01-0${index + 1}T00:00:00Z`);
      sign(mirror, digest);
      return digest;
    });
    const before = mirror.contentId();
    const dry = mirror.writer().collect({ keepLast: 2 }, true);
    assert.is(mirror.contentId(), before, "a dry run changes nothing");
    const gone = mirror.writer().collect({ keepLast: 2 });
    assert.equal(gone, dry);
    assert.equal(gone.images, [`${repository}:1`]);
    assert.equal(names(mirror), [`${repository}:2`, `${repository}:3`]);
    assert.equal(
      mirror.list().map(({ signatures }) => signatures),
      [1, 1],
    );
    assert.not(has(mirror, digests[0] as Digest));
  });
  sound(folder);
});

test("an index keeps its children, a kept image its referrers, and those their own signatures", () => {
  const folder = writtenMirror((mirror) => {
    const child = image(mirror, { annotations: { child: "1" } });
    const index = bytesOf({ manifests: [{ mediaType: "a/b", digest: child, size: 1 }] });
    const said = { state: "present", ...origin } as const;
    mirror.writer().setAnswer({ kind: "manifest", repository, digest: digestOf(index) }, { ...said, value: index });
    tag(mirror, "1", digestOf(index));
    const sbom = image(mirror, { subject: { mediaType: "a/b", digest: child, size: 1 } });
    sign(mirror, sbom);
    const listed = image(mirror, { annotations: { listed: "1" } });
    mirror
      .writer()
      .setAnswer(
        { kind: "referrers", repository, digest: child },
        { ...said, value: [{ mediaType: "a/b", digest: listed, size: 1 }] },
      );
    const old = image(mirror, { annotations: { old: "1" } });
    mirror.writer().collect({ keepLast: 1 });
    for (const digest of [child, sbom, listed]) assert.ok(has(mirror, digest));
    assert.not(has(mirror, old), "nothing leads to it");
  });
  sound(folder);
});

test("signatures in another repository stay with the image", () => {
  const signatures = "ghcr.io/org/signatures";
  const folder = writtenMirror((mirror) => {
    const [kept, old] = ["1", "2"].map((name) => image(mirror, { annotations: { name } })) as [Digest, Digest];
    tag(mirror, "1", old);
    tag(mirror, "2", kept);
    for (const digest of [kept, old]) sign(mirror, digest, signatures);
    mirror.writer().collect({ keepLast: 1 });
    const signed = (digest: Digest) =>
      mirror.knowledge().answer({ kind: "tag", repository: signatures, tag: associatedTag(digest, "signature") });
    assert.is(signed(kept)?.state, "present");
    assert.is(signed(old), undefined);
  });
  sound(folder);
});

test("a claim of a repository keeps it, or ends when it is told to; that of an image ends with the image", () => {
  const folder = writtenMirror((mirror) => {
    const digest = image(mirror);
    tag(mirror, "1", digest);
    mirror.writer().setComplete(repository, origin);
    mirror.writer().setComplete(`${repository}@${digest}`, origin);
    mirror.writer().setComplete("quay.io", origin);
    const kept = mirror.writer().collect({ keepLast: 0 });
    assert.equal([kept.claimed, kept.imagesRemoved, kept.ended], [[repository], 0, []]);
    const ended = mirror.writer().collect({ keepLast: 0, endClaims: true });
    assert.equal(
      ended.ended.map(({ scope }) => scope),
      [repository, `${repository}@${digest}`],
    );
    assert.is(mirror.knowledge().answer({ kind: "manifest", repository, digest }), undefined, "unknown, not absent");
    assert.equal(
      mirror
        .knowledge()
        .allClaims()
        .map(({ scope }) => scope),
      ["quay.io"],
    );
  });
  sound(folder);
});

test("rules keep by name and by time; any of them is enough", () => {
  writtenMirror((mirror) => {
    const times = { old: "2025-01-01T00:00:00Z", named: "2025-01-01T00:00:00Z", young: "2026-01-01T00:00:00Z" };
    for (const [name, at] of Object.entries(times)) tag(mirror, name, image(mirror, { annotations: { name } }, at), at);
    mirror.writer().collect({ since: new Date("2025-12-01T00:00:00Z"), keep: (name) => name.endsWith(":named") });
    assert.equal(names(mirror), [`${repository}:named`, `${repository}:young`]);
  });
});

test("superseded TUF metadata goes, roots and what is referred to stay", () => {
  const metadata = (version: number) => bytesOf({ signed: { version } });
  const source = (version: number) =>
    ({
      form: "tuf",
      roots: [metadata(1)],
      timestamp: metadata(version),
      snapshot: metadata(version),
      targets: [{ role: "targets", bytes: metadata(7) }],
      target: bytesOf("target"),
    }) as const;
  const folder = writtenMirror((mirror) => {
    for (const version of [2, 3, 4])
      mirror
        .writer()
        .setAnswer({ kind: "trusted-root", name: "lab" }, { state: "present", value: source(version), ...origin });
    assert.is(mirror.writer().collect(undefined).metadata, 4);
    assert.is(mirror.writer().collect(undefined).metadata, 0);
    assert.is(mirror.knowledge().answer({ kind: "trusted-root", name: "lab" })?.state, "present");
  });
  sound(folder);
});

test("files of layers go when no manifest names them", () => {
  const layer = new Uint8Array(Buffer.from("a layer"));
  const other = new Uint8Array(Buffer.from("another"));
  const folder = writtenMirror((mirror) => {
    for (const bytes of [layer, other])
      mirror.layers.add(digestOf(bytes), (take) => {
        take(bytes);
        return true;
      });
    tag(mirror, "1", image(mirror));
    assert.is(mirror.writer().collect(undefined, true).layers, 1);
    assert.ok(existsSync(mirror.layers.path(digestOf(other))), "a dry run");
    assert.is(mirror.writer().collect(undefined).layers, 1);
    assert.not(existsSync(mirror.layers.path(digestOf(other))));
    assert.ok(existsSync(mirror.layers.path(digestOf(layer))));
    assert.is(mirror.writer().remove([{ repository, tag: "1" }]).layers, 1);
    assert.not(existsSync(mirror.layers.path(digestOf(layer))));
  });
  sound(folder);
});

test("beginnings of layers stay while a manifest names the layer and the rest may come", () => {
  const [layer, other] = ["a layer", "another"].map((text) => digestOf(new Uint8Array(Buffer.from(text)))) as [
    Digest,
    Digest,
  ];
  const folder = writtenMirror((mirror) => {
    mirror.layers.add(other, (take) => {
      take(new Uint8Array(Buffer.from("another")));
      return true;
    });
    const begun = [layer, other].map((digest) => `${mirror.layers.path(digest)}.new`) as [string, string];
    for (const path of begun) writeFileSync(path, "a ");
    tag(mirror, "1", image(mirror));
    // The layer that nothing names, and its beginning.
    const { layers, bytes } = mirror.writer().collect(undefined);
    assert.equal([layers, bytes, begun.map((path) => existsSync(path))], [2, 9, [true, false]]);
    mirror.writer().remove([{ repository, tag: "1" }]);
    assert.not(existsSync(begun[0]));
  });
  sound(folder);
});

test("what hangs on a removed image in other repositories stays and is named, unless the image is there too", () => {
  const [signatures, copy] = ["ghcr.io/org/signatures", "ghcr.io/org/copy"];
  const folder = writtenMirror((mirror) => {
    const digest = image(mirror);
    tag(mirror, "1", digest);
    tag(mirror, "2", image(mirror, { annotations: { other: "1" } }));
    for (const where of [repository, signatures, copy]) sign(mirror, digest, where);
    image(mirror, {}, origin.at, copy);
    assert.equal(mirror.writer().remove([{ repository, tag: "2" }], true).elsewhere, []);
    const { imagesRemoved, elsewhere } = mirror.writer().remove([{ repository, tag: "1" }]);
    assert.equal([imagesRemoved, elsewhere], [1, [signatures]]);
    // A rule removes it: no image keeps it any more.
    assert.equal(mirror.writer().collect({ keepLast: 9, keep: () => false }).elsewhere, []);
    assert.equal(mirror.knowledge().facts(`${signatures}@${digest}`), []);
  });
  sound(folder);
});

test("an image is removed with what hangs on it; what another tag has stays", () => {
  const folder = writtenMirror((mirror) => {
    const digest = image(mirror);
    sign(mirror, digest);
    const other = image(mirror, { annotations: { other: "1" } });
    for (const name of ["1", "latest"]) tag(mirror, name, digest);
    tag(mirror, "2", other);
    mirror.writer().setComplete("ghcr.io", origin);
    const first = mirror.writer().remove([{ repository, tag: "1" }]);
    assert.equal([first.images, first.answers], [[`${repository}:1`], 1]);
    assert.equal(
      first.ended.map(({ scope }) => scope),
      ["ghcr.io"],
    );
    assert.ok(has(mirror, digest));
    assert.equal(mirror.writer().remove([{ repository, digest }]).images, [`${repository}:latest`]);
    assert.not(has(mirror, digest));
    assert.equal(names(mirror), [`${repository}:2`]);
    throwsCode("invalid-usage", () => mirror.writer().remove([{ repository, tag: "1" }]));
  });
  sound(folder);
});

test("a child of an index is not removed alone, and nothing else with it", () => {
  writtenMirror((mirror) => {
    const child = image(mirror);
    const index = bytesOf({ manifests: [{ mediaType: "a/b", digest: child, size: 1 }] });
    mirror
      .writer()
      .setAnswer(
        { kind: "manifest", repository, digest: digestOf(index) },
        { state: "present", value: index, ...origin },
      );
    tag(mirror, "1", digestOf(index));
    tag(mirror, "2", image(mirror, { annotations: { other: "1" } }));
    const before = mirror.contentId();
    throwsCode("invalid-usage", () =>
      mirror.writer().remove([
        { repository, tag: "2" },
        { repository, digest: child },
      ]),
    );
    assert.is(mirror.contentId(), before);
  });
});

test("a damaged mirror is left as it is", () => {
  const folder = writtenMirror((mirror) => tag(mirror, "1", image(mirror)));
  tamper(folder, "UPDATE blob SET bytes = x'00'");
  writtenMirror((mirror) => {
    const before = mirror.contentId();
    throwsCode("mirror-corrupt", () => mirror.writer().collect({ keepLast: 0 }));
    assert.is(mirror.contentId(), before);
  }, folder);
});

test.run();
