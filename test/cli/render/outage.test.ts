import { suite } from "uvu";
import * as assert from "uvu/assert";
import { outagesMember, tellOutages, toOutages } from "../../../cli/render/outage.ts";
import { testIO } from "../command-io.ts";

const test = suite("cli/render/outage");
const now = new Date("2026-11-30T01:48:00Z");
const used = (from: string, at: string, why?: string) =>
  ({
    question: { kind: "key", reference: "k8s://ns/key" } as const,
    at,
    outage: {
      state: "unavailable",
      code: "unreachable",
      from,
      at: now.toISOString(),
      ...(why === undefined ? {} : { why, asked: `https://${from}/v2/` }),
    },
  }) as const;

test("one for each of those that could not be asked, with the oldest answer that was used", () => {
  const found = toOutages([
    used("b.example", "2026-11-30T01:40:00Z", "first"),
    used("a.example", "2026-11-30T01:00:00Z"),
    used("b.example", "2026-11-30T01:31:00Z", "second"),
    used("b.example", "2026-11-30T01:35:00.5Z", "third"),
  ]);
  assert.equal(found, [
    { from: "a.example", code: "unreachable", at: "2026-11-30T01:00:00Z" },
    { from: "b.example", code: "unreachable", why: "https://b.example/v2/: first", at: "2026-11-30T01:31:00Z" },
  ]);
  assert.equal(outagesMember(found), { outages: found });
  assert.equal(outagesMember(toOutages([])), {});
});

test("the line has who, since when, how old and why; what a host sends moves no cursor", () => {
  const [outage] = toOutages([used("b.example", "2026-11-30T01:31:00Z", "refused\u001b[2J")]);
  if (outage === undefined) throw new Error("no outage");
  const { io, seen } = testIO({ width: 200 });
  tellOutages([outage], now, io);
  for (const word of ["b.example", "2026-11-30 01:31 UTC (17 min ago)", "[unreachable] https://b.example/v2/: refused"])
    assert.match(seen.err, word);
  assert.is(seen.err.match(/could not be asked/g)?.length, 1);
  assert.match(seen.err, /^note: b\.example /);
  assert.not.match(seen.err, "\u001b");
});

test.run();
