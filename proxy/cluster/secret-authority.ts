/**
 * The authorities of own certificates in a Secret, which all instances read: each makes its own certificate by them.
 * Two that make an authority at once are told apart by the Secret's version. Source:
 * docs/decisions/056-serve-in-a-cluster.md.
 */
import { Buffer } from "node:buffer";
import type { JsonObject } from "../../core/encoding/json.ts";
import { isObject } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import type { Keep } from "../serve/own-certificate.ts";
import type { Cluster } from "../upstream/cluster/open-cluster.ts";
import type { ObjectAddress } from "../upstream/cluster/write-objects.ts";
import { ownLabels, ownName } from "./break-glass.ts";
import { adopted, isOwnedBy, lastingOwners } from "./own-account.ts";

type Access = Pick<Cluster, "cluster" | "read" | "write">;

const addressOf = (namespace: string): ObjectAddress => ({
  apiVersion: "v1",
  resource: "secrets",
  namespace,
  name: `${ownName}-authority`,
});

/** How often it is done again, since another instance was quicker. */
const mostTries = 5;

/**
 * `kept`: hears why the Secret has not the owners that it should have; it is tried again with the next certificate.
 * @throws EngineError as the API server's answers, and `upstream-error` where others write it again and again.
 */
export async function withSecret<Result>(
  cluster: Access,
  namespace: string,
  act: (keep: Keep) => Promise<Result>,
  signal: AbortSignal,
  kept: (why: EngineError) => void = () => undefined,
): Promise<Result> {
  const at = addressOf(namespace);
  const owners = await lastingOwners(cluster, namespace, signal);
  for (let tries = 0; tries < mostTries; tries++) {
    const found = await cluster.read(at, signal);
    const files = filesIn(found);
    const before = JSON.stringify([...files]);
    const result = await act({
      read: (name) => files.get(name),
      create(name, text) {
        if (files.has(name)) return false;
        files.set(name, text);
        return true;
      },
      publish: (name, text) => void files.set(name, text),
    });
    const isSame = JSON.stringify([...files]) === before;
    if (isSame && (found === undefined || isOwnedBy(metadataOf(found), owners))) return result;
    const object = objectOf(at, files, found, owners);
    try {
      const written =
        found === undefined
          ? await cluster.write.create({ ...at, name: undefined }, object, signal)
          : await cluster.write.update(at, object, signal);
      if (written.state === "done") return result;
    } catch (error) {
      // Without an owner it can still be read.
      if (!isSame || !(error instanceof EngineError)) throw error;
      kept(error);
      return result;
    }
  }
  throw new EngineError("upstream-error", "others change the Secret of the authority again and again", {
    subject: `${namespace}/${at.name}`,
  });
}

const metadataOf = ({ metadata }: JsonObject): JsonObject => (isObject(metadata) ? metadata : {});

/** PEM of all authorities; undefined before one was made. */
export async function readSecretAuthorities(
  cluster: Access,
  namespace: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  return filesIn(await cluster.read(addressOf(namespace), signal)).get("ca.pem");
}

function filesIn(secret: JsonObject | undefined): Map<string, string> {
  const data = secret !== undefined && isObject(secret.data) ? secret.data : {};
  return new Map(
    Object.entries(data).map(([name, value]) => [name, Buffer.from(String(value), "base64").toString("utf8")]),
  );
}

function objectOf(
  at: ObjectAddress,
  files: Map<string, string>,
  before: JsonObject | undefined,
  owners: readonly JsonObject[],
): JsonObject {
  const { name, namespace = "" } = at;
  const metadata = before === undefined ? { name, namespace, labels: ownLabels } : metadataOf(before);
  return {
    apiVersion: "v1",
    kind: "Secret",
    type: "Opaque",
    metadata: adopted(metadata as JsonObject, owners),
    data: Object.fromEntries([...files].map(([file, text]) => [file, Buffer.from(text).toString("base64")])),
  };
}
