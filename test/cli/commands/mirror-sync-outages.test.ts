import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import type { SmallRegistry } from "../../support/small-registry.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { reading } from "../../support/temporary-mirror.ts";
import { addSigned, reportOf, statuses, withLab } from "./sync-lab.ts";

const test = suite("cli/commands/mirror-sync-outages");
test("an outage: Fail ends with a code, Ignore shows it and ends 0; the mirror stays as it is", () =>
  withLab(async (lab) => {
    addSigned(lab, "1");
    await lab.sync(lab.here("1"));
    const before = reading(lab.store, (mirror) => mirror.contentId());
    await lab.registry.close();
    for (const [policy, exit] of [
      ["Fail", 5],
      ["Ignore", 0],
    ] as const) {
      const run = await lab.sync(lab.here("1"), "--failure-policy", policy, "-o", "json");
      assert.is(run.exit, exit, run.err);
      const { outages, images } = reportOf(run);
      assert.is(outages[0]?.code, "unreachable");
      assert.ok(Number(outages[0]?.questions) > 0);
      assert.is(images[0]?.coverage.decision, "pass");
    }
    assert.is(
      reading(lab.store, (mirror) => mirror.contentId()),
      before,
    );
    const [row] = reading(lab.store, (mirror) => mirror.log.runs(1));
    assert.is(row?.kind, "mirror sync");
    const { outages } = (row?.summary ?? { outages: [] }) as { readonly outages: readonly { readonly code: string }[] };
    assert.equal(
      outages.map(({ code }) => code),
      ["unreachable"],
    );
  }));

test("401, 403, 429 and 5xx are never absent: what they hide is missing, under Ignore too where nothing passes", () =>
  withLab(async (lab) => {
    addSigned(lab, "1");
    const exits: Record<string, readonly number[]> = { 401: [7, 7], 403: [7, 7], 429: [7, 0], 500: [7, 0] };
    for (const [status, wanted] of Object.entries(exits)) {
      const found: number[] = [];
      for (const policy of ["Fail", "Ignore"]) {
        lab.registry.meddle = (path, _, response) => {
          if (!path.endsWith(".sig")) return false;
          response.writeHead(Number(status), { "retry-after": "3600" }).end();
          return true;
        };
        addSigned(lab, "other");
        const run = await lab.run([
          ...["mirror", "sync", "--store", tempFolder(), "--policies", "policy.yaml", "-o", "json"],
          ...["--failure-policy", policy, "--concurrency", "1", lab.here("1")],
        ]);
        found.push(run.exit === 5 || run.exit === 4 ? 7 : run.exit);
        const { coverage = {} } = reportOf(run).images[0] ?? {};
        assert.ok(
          (coverage.missing as readonly string[]).some((text) => text.endsWith(".sig")),
          status,
        );
        assert.is(coverage.covered, false);
      }
      assert.equal(found, wanted, status);
    }
  }));

test("429 without end: the host is left alone after the first, and every question counts", () =>
  withLab(async (lab) => {
    const tags = Array.from({ length: 20 }, (_, index) => String(index));
    for (const tag of tags) addSigned(lab, tag);
    lab.registry.meddle = (path, _, response) => {
      if (path === "/v2/") return false;
      response.writeHead(429, { "retry-after": "3600" }).end();
      return true;
    };
    const run = await lab.sync(...tags.map(lab.here), "--concurrency", "2", "-o", "json");
    assert.is(run.exit, 5);
    assert.ok(lab.registry.asked().length <= 4);
    assert.is(reportOf(run).outages[0]?.code, "rate-limited");
    assert.is(reportOf(run).outages[0]?.questions, 20);
    assert.is(reportOf(run).summary.failed, 20);
  }));

test("content of another digest, bodies without end and bodies that break off are not kept", () =>
  withLab(async (lab) => {
    addSigned(lab, "1");
    const bodies: Record<string, (response: Parameters<SmallRegistry["meddle"]>[2]) => void> = {
      other: (response) => response.end("other content"),
      endless: (response) => {
        const piece = Buffer.alloc(1024 * 1024);
        const more = (): void => {
          while (!response.destroyed && response.write(piece));
          if (!response.destroyed) response.once("drain", more);
        };
        more();
      },
      short: (response) => {
        response.writeHead(200, { "content-length": "5000" });
        response.write("half");
        setTimeout(() => response.destroy(), 5);
      },
    };
    for (const [name, answer] of Object.entries(bodies)) {
      lab.registry.meddle = (path, _, response) => {
        if (!path.includes("/blobs/")) return false;
        answer(response);
        return true;
      };
      const store = tempFolder();
      const run = await lab.run([
        ...["mirror", "sync", "--store", store, "--policies", "policy.yaml", "-o", "json", lab.here("1")],
      ]);
      assert.equal([run.exit > 0, ...statuses(run)], [true, "failed"], name);
      assert.equal(
        reading(store, (mirror) => mirror.inspect(nodeVerifier).damage),
        [],
        name,
      );
      assert.is(reportOf(run).images[0]?.coverage.covered, false, name);
    }
  }));

test.run();
