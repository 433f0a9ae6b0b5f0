/**
 * Who can be reached: one question to each registry, and one to the API server. Only loaded where it was said that
 * something may be dialled. Source: docs/spec/command-line.md#status-and-doctor.
 */
import { isObject } from "../../core/encoding/shape.ts";
import { fixes } from "../../core/errors.ts";
import type { Answer } from "../../core/knowledge/answer.ts";
import type { Asker } from "../../core/knowledge/knowledge.ts";
import type { Cluster } from "../../proxy/upstream/cluster/open-cluster.ts";
import type { Registry } from "../../proxy/upstream/registry/open-registry.ts";
import { createRoute } from "../../proxy/upstream/route.ts";
import { plainFix } from "../render/fix.ts";
import type { Item } from "./item.ts";

/** For each answer. */
const deadlineMs = 15_000;

/** Nobody has this image: to hear so is to have reached the registry. */
const probe = { repository: "sallyport/doctor", tag: "probe" } as const;

/** What a name server did not answer, as Node says it. */
const noName = /\b(?:ENOTFOUND|EAI_AGAIN|EAI_FAIL)\b/;

function reached(name: string, subject: string, answer: Answer | undefined, said: string): Item {
  if (answer === undefined) return { name, subject, state: "skipped", text: "nobody may ask it here" };
  if (answer.state !== "unavailable") return { name, subject, state: "ok", text: `${answer.from} answers${said}` };
  const { code, why = code, from } = answer;
  // It answered; whether this user may see an image that is not there says nothing about others.
  if (code === "access-denied" && name === "registry")
    return { name, subject, state: "ok", text: `${from} answers, and wants a login for what does not exist` };
  const isName = noName.test(why);
  const fix = isName ? `getent hosts ${subject.replace(/:\d+$/, "")}` : plainFix(fixes[code]);
  return {
    name: isName ? "DNS" : name,
    subject,
    state: "failed",
    code,
    text: plainFix(from === subject ? why : `${from}: ${why}`),
    fix,
  };
}

export async function registryItems(
  hosts: readonly string[],
  registry: Registry,
  now: () => Date,
): Promise<readonly Item[]> {
  const asker: Asker = createRoute(registry.parts, { now, deadlineMs });
  return Promise.all(
    hosts.map(async (host) => {
      const question = { kind: "tag", repository: `${host}/${probe.repository}`, tag: probe.tag } as const;
      return reached("registry", host, await asker.ask(question), "");
    }),
  );
}

export async function clusterItem(cluster: Cluster, now: () => Date): Promise<Item> {
  const asker: Asker = createRoute({ cluster: cluster.cluster }, { now, deadlineMs });
  const question = { kind: "cluster", verb: "raw", apiVersion: "", resource: "", path: "/version" } as const;
  const answer = await asker.ask(question);
  const version = answer?.state === "present" && isObject(answer.value) ? answer.value.gitVersion : undefined;
  return reached("API server", cluster.server(), answer, typeof version === "string" ? `, ${version}` : "");
}
