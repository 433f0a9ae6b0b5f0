import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ErrorCode } from "../../../core/errors.ts";
import { oneOutageEach } from "../../../proxy/registry/one-outage-each.ts";

const test = suite("proxy/registry/one-outage-each");
const at = "2026-11-30T00:00:00Z";

test("a registry that does not answer is asked once; others, and one that refuses a login, are asked on", async () => {
  const asked: string[] = [];
  const codes: Record<string, ErrorCode> = { "out.example": "timed-out", "no.example": "access-denied" };
  const asker = oneOutageEach(
    {
      async ask(question) {
        const host = "repository" in question ? (question.repository.split("/")[0] ?? "") : question.kind;
        asked.push(host);
        const code = codes[host];
        return code === undefined
          ? { state: "absent", at, from: host }
          : { state: "unavailable", code, at, from: host };
      },
    },
    new Map(),
  );
  const tag = (host: string, name: string) => ({ kind: "tag", repository: `${host}/app`, tag: name }) as const;
  const states: (string | undefined)[] = [];
  for (const name of ["1", "2"])
    for (const host of ["out.example", "no.example", "in.example"])
      states.push((await asker.ask(tag(host, name)))?.state);
  assert.equal(asked, ["out.example", "no.example", "in.example", "no.example", "in.example"]);
  assert.equal(states, ["unavailable", "unavailable", "absent", "unavailable", "unavailable", "absent"]);
  await asker.ask({ kind: "key", reference: "k8s://a/b" });
  assert.is(asked.at(-1), "key");
});

test.run();
