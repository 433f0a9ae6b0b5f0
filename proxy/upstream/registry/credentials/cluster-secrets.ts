/**
 * Credentials of Secrets of the cluster that the configuration names, as Kyverno's `--imagePullSecrets` does. A Secret
 * is read when a registry asks for a login, and again after a while, since people change passwords. Source:
 * https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/.
 */
import type { JsonValue } from "../../../../core/encoding/json.ts";
import { EngineError } from "../../../../core/errors.ts";
import type { Limits } from "../../../../core/limits.ts";
import { type CredentialSource, firstOf } from "./credential.ts";
import { pullSecretSource } from "./pull-secret.ts";

/** For how long a Secret counts that was read. */
const keptMs = 60_000;

export interface ClusterSecretOptions {
  /** `NAME` in `namespace`, or `NAMESPACE/NAME`, in order. */
  readonly names: readonly string[];
  readonly namespace: () => string;
  /** `undefined`: there is no such Secret. */
  readonly readSecret: (namespace: string, name: string, signal: AbortSignal) => Promise<JsonValue | undefined>;
  readonly now: () => Date;
  readonly limits: Limits;
}

export const clusterSecrets = (options: ClusterSecretOptions): CredentialSource =>
  firstOf(options.names.map((name) => secretSource(name, options)));

function secretSource(given: string, { namespace, readSecret, now, limits }: ClusterSecretOptions): CredentialSource {
  let held: { readonly source: CredentialSource; readonly at: number } | undefined;
  return {
    async find(target, signal) {
      const at = now().getTime();
      if (held === undefined || Math.abs(at - held.at) > keptMs) {
        const [place = "", name] = given.includes("/") ? given.split("/") : [namespace(), given];
        const secret = await readSecret(place, name ?? "", signal);
        if (secret === undefined)
          throw new EngineError("access-denied", "there is no such Secret", { subject: `${place}/${name}` });
        held = { source: pullSecretSource(secret, `${place}/${name}`, limits), at };
      }
      return held.source.find(target, signal);
    },
  };
}
