import { suite } from "uvu";
import * as assert from "uvu/assert";
import { newKey } from "../../lab/keys.ts";
import { policyFor } from "../demo-policy.ts";
import { addSigned, key, repository, reportOf, withLab } from "./sync-lab.ts";

const test = suite("cli/commands/mirror-sync-report");

test("an image that nobody signs is as the list says, under policies as people write them too", () =>
  withLab(async (lab) => {
    lab.registry.addImage(repository, "1", "nobody signs it");
    // The defaults: digests are patched in, and a validating pass wants a verified image.
    const whole = policyFor(key.pem, { images: `${lab.registry.host}/*` }).replace(
      / +(?:mutateDigest|verifyDigest|required): false\n/g,
      "",
    );
    const listed = (setting: string, ...words: readonly string[]) =>
      lab.run(
        [
          "mirror",
          "sync",
          "--store",
          lab.store,
          "--policies",
          "policy.yaml",
          "-f",
          "l.txt",
          "--require-covered",
          ...words,
        ],
        { "policy.yaml": whole, "l.txt": `${lab.here("1")}${setting}\n` },
      );
    const red = await listed("");
    assert.is(red.exit, 1, red.out);
    assert.match(red.out.replace(/\s+/g, " "), "fix: sign the image, and push the signature to its registry;");
    const expected = await listed(" expect=unsigned");
    assert.is(expected.exit, 0, expected.out);
    assert.match(expected.out, "unsigned, as the list says");
    assert.not.match(expected.out, "fix:");
    const digest = lab.registry.addImage(repository, "1", "nobody signs it");
    lab.registry.sign(repository, digest, key);
    const signed = await listed(" expect=unsigned");
    assert.is(signed.exit, 0, signed.out);
    assert.match(signed.out.replace(/\s+/g, " "), "l.txt:1 says that nobody signs it fix: take expect=unsigned out");
    const document = reportOf(await listed(" expect=unsigned", "-o", "json")).images[0];
    assert.is(document?.coverage.asListed, false);
    lab.registry.addImage(repository, "1", "another image");
    lab.registry.sign(repository, lab.registry.addImage(repository, "1", "another image"), newKey());
    const wrong = await listed(" expect=unsigned");
    assert.is(wrong.exit, 1, "a wrong signature is not a missing one");
    assert.match(wrong.out, "it is signed");
  }));

test("the report says of each gap what to do", () =>
  withLab(async (lab) => {
    addSigned(lab, "1");
    const one = (text: string): string => text.replace(/\s+/g, " ");
    const gone = await lab.sync(lab.here("1"), lab.here("none"));
    assert.match(
      one(gone.out),
      `${lab.here("none")} [image-not-found] its registry says that there is no such image fix:`,
    );
    assert.match(one(gone.out), "fix: correct the name or the tag in the list");
    for (const line of `${gone.out}${gone.err}`.split("\n")) assert.ok(line.length <= 80, line);
    lab.registry.addImage(repository, "1", "moved, and not signed");
    const words = [lab.here("1"), "--fail-on-drift"];
    const moved = await lab.sync(...words);
    assert.is(moved.exit, 1, moved.out);
    assert.match(one(moved.out), "fix: see who moved the tag");
    assert.is((await lab.sync(...words)).exit, 0, "it is known now");
    lab.registry.meddle = (path, _, response) => {
      if (!path.includes("/v2/org")) return false;
      response.writeHead(401).end();
      return true;
    };
    const denied = await lab.sync(lab.here("1"));
    assert.match(one(denied.out), "[access-denied]");
    assert.match(one(denied.out), "fix: log in with credentials that may read this");
    const documents = reportOf(await lab.sync(lab.here("1"), "-o", "json"));
    assert.match(String(documents.outages[0]?.fix), "log in with credentials");
    assert.match(JSON.stringify(documents.images[0]?.fixes), "log in with credentials");
  }));

test("an outage is told once for each host, and what is decided then", () =>
  withLab(async (lab) => {
    addSigned(lab, "1");
    addSigned(lab, "2");
    const images = [lab.here("1"), lab.here("2")];
    await lab.sync(...images);
    await lab.registry.close();
    const out = await lab.sync(...images);
    assert.is(out.exit, 5, out.err);
    assert.is(out.err.match(/\[unreachable\]/g)?.length, 1, out.err);
    const text = out.out.replace(/\s+/g, " ");
    assert.match(text, "could not be asked: ");
    assert.match(text, "fix: check the address and the network, then ask again");
    assert.match(text, "what the mirror has of it is as it was; the decisions above are made from that");
  }));

test("layers that are not kept are said at the end", () =>
  withLab(async (lab) => {
    addSigned(lab, "1");
    const said = /note: layers are not kept: this mirror decides, but cannot start\s+containers;/;
    assert.match((await lab.sync(lab.here("1"))).err, said);
    assert.not.match((await lab.sync(lab.here("1"), "--with-layers")).err, "layers are not kept");
    assert.not.match((await lab.sync(lab.here("1"), "--dry-run")).err, "layers are not kept");
  }));

test.run();
