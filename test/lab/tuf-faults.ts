/**
 * TUF repositories that are wrong in exactly one way, each with the code that refuses it. Numbers are those of the
 * attack catalogue.
 */
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import type { ErrorCode } from "../../core/errors.ts";
import type { Draft, DraftObject, TufRepository, TufSource } from "./tuf-repository.ts";

export interface TufFault {
  /** In the attack catalogue. */
  readonly attack?: number;
  readonly code: ErrorCode;
  /** Spoils a repository that `makeTufRepository` has just made, and gives what its mirror then holds. */
  readonly spoil: (repository: TufRepository) => TufSource;
}

const object = (value: Draft | undefined): DraftObject => value as DraftObject;
const roleOf = (repository: TufRepository, role: string): DraftObject =>
  object(object(repository.signed("root").roles)[role]);
const day = 86_400_000;

/** A new root, changed before it is signed. */
const nextRoot =
  (change: (repository: TufRepository) => void): TufFault["spoil"] =>
  (repository) => {
    change(repository);
    repository.publishRoot();
    return repository.source();
  };

/** New metadata of all other roles, changed before it is signed. */
const next =
  (change: (repository: TufRepository) => Parameters<TufRepository["publish"]>[0]): TufFault["spoil"] =>
  (repository) => {
    repository.publish(change(repository));
    return repository.source();
  };

/** The mirror has seen these versions. */
const seen =
  (floors: Readonly<Record<string, string>>): TufFault["spoil"] =>
  (repository) => ({ ...repository.source(), floors });

const expired =
  (role: string): TufFault["spoil"] =>
  (repository) => {
    repository.setExpiry(role, new Date(repository.now.getTime() - day));
    if (role === "root") repository.publishRoot();
    repository.publish();
    return repository.source();
  };

const stranger = (role: string): TufFault["spoil"] =>
  next((repository) => ({ signers: { [role]: [repository.key("stranger"), repository.key("another stranger")] } }));

/** One digit of a signature is another one. */
function flipSignature(bytes: Uint8Array): Uint8Array {
  const changed = bytes.slice();
  // The last digit of the first signature, so that it stays well-formed DER.
  const at = new TextDecoder().decode(bytes).indexOf('"}', 20) - 1;
  changed[at] = changed[at] === 0x30 ? 0x31 : 0x30;
  return changed;
}

export const tufFaults: Readonly<Record<string, TufFault>> = {
  "threshold of zero": {
    attack: 87,
    code: "malformed",
    spoil: nextRoot((repository) => {
      roleOf(repository, "timestamp").threshold = 0n;
    }),
  },
  "threshold of zero in a delegation": {
    attack: 87,
    code: "malformed",
    spoil: next((repository) => {
      repository.delegate("targets", "zero", { paths: ["*"] }, { threshold: 0 });
      return {};
    }),
  },
  "one key under two ids": {
    attack: 88,
    code: "bad-threshold",
    spoil: (repository) => {
      const key = repository.key("targets-1");
      object(repository.signed("root").keys)["other-id"] = object(repository.signed("root").keys)[
        (roleOf(repository, "targets").keyids as string[])[0] as string
      ] as Draft;
      roleOf(repository, "targets").keyids = [
        (roleOf(repository, "targets").keyids as string[])[0] as string,
        "other-id",
      ];
      repository.publishRoot();
      repository.publish({ signers: { targets: [key, ["other-id", key]] } });
      return repository.source();
    },
  },
  "two signatures of one key id": {
    attack: 88,
    code: "malformed",
    spoil: next((repository) => ({ signers: { targets: [repository.key("targets-1"), repository.key("targets-1")] } })),
  },
  "a key id twice in a role": {
    attack: 88,
    code: "malformed",
    spoil: nextRoot(
      (repository) =>
        void (roleOf(repository, "targets").keyids as string[]).push(
          (roleOf(repository, "targets").keyids as string[])[0] as string,
        ),
    ),
  },
  "one signature too few": {
    code: "bad-threshold",
    spoil: next((repository) => ({ signers: { targets: [repository.key("targets-1")] } })),
  },
  "a role that names a key that is not there": {
    code: "malformed",
    spoil: nextRoot((repository) => void (roleOf(repository, "snapshot").keyids as string[]).push("nowhere")),
  },
  "a stranger's timestamp": { code: "bad-threshold", spoil: stranger("timestamp") },
  "a stranger's snapshot": { code: "bad-threshold", spoil: stranger("snapshot") },
  "a stranger's targets": { code: "bad-threshold", spoil: stranger("targets") },
  "a flipped signature": {
    code: "bad-threshold",
    spoil: (repository) => ({ ...repository.source(), timestamp: flipSignature(repository.served("timestamp")) }),
  },
  "an older root": { attack: 89, code: "rollback", spoil: seen({ root: "2" }) },
  "an older timestamp": { attack: 89, code: "rollback", spoil: seen({ timestamp: "2" }) },
  "an older snapshot": { attack: 89, code: "rollback", spoil: seen({ snapshot: "2" }) },
  "older targets": { attack: 89, code: "rollback", spoil: seen({ targets: "2" }) },
  "a role that is listed no more": { attack: 89, code: "rollback", spoil: seen({ gone: "1" }) },
  "a target behind a terminating delegation": {
    attack: 90,
    code: "no-trust",
    spoil: next((repository) => {
      const files = object(repository.signed("targets").targets);
      repository.delegate("targets", "first", { paths: ["*"] }, { terminating: true });
      repository.delegate("targets", "second", { paths: ["*"] });
      object(repository.signed("second").targets)["trusted_root.json"] = files["trusted_root.json"] as Draft;
      delete files["trusted_root.json"];
      return {};
    }),
  },
  "a root that skips a version": {
    attack: 91,
    code: "malformed",
    spoil: nextRoot((repository) => repository.setVersion("root", 2n)),
  },
  "a root without the old keys": {
    code: "bad-threshold",
    spoil: nextRoot((repository) => repository.setKeys("root", [repository.key("new-1"), repository.key("new-2")], 2)),
  },
  "a root without its own keys": {
    code: "bad-threshold",
    spoil: nextRoot((repository) => {
      const { signers } = repository.draft("root");
      repository.setKeys("root", [repository.key("new-1"), repository.key("new-2")], 2);
      repository.draft("root").signers = signers;
    }),
  },
  "an expired root": { attack: 92, code: "stale", spoil: expired("root") },
  "an expired timestamp": { attack: 92, code: "stale", spoil: expired("timestamp") },
  "an expired snapshot": { attack: 92, code: "stale", spoil: expired("snapshot") },
  "expired targets": { attack: 92, code: "stale", spoil: expired("targets") },
  "a version that doubles cannot tell from the one before": {
    attack: 94,
    code: "rollback",
    spoil: (repository) => {
      repository.setVersion("timestamp", 2n ** 53n - 1n);
      repository.publish();
      return { ...repository.source(), floors: { timestamp: (2n ** 53n + 1n).toString() } };
    },
  },
  "a snapshot older than listed": {
    code: "rollback",
    spoil: (repository) => {
      const snapshot = repository.served("snapshot");
      repository.publish({ hashes: false });
      return { ...repository.source(), snapshot };
    },
  },
  "a snapshot newer than listed": {
    code: "malformed",
    spoil: (repository) => {
      repository.publish({ hashes: false });
      const timestamp = repository.served("timestamp");
      repository.publish({ hashes: false });
      return { ...repository.source(), timestamp };
    },
  },
  "a snapshot that the timestamp has other digests of": {
    code: "malformed",
    spoil: (repository) => {
      const held = repository.served("snapshot");
      return { ...repository.source(), snapshot: encodeUtf8(`${new TextDecoder().decode(held)} `) };
    },
  },
  "targets that the snapshot does not list": {
    code: "malformed",
    spoil: (repository) => {
      delete object(repository.signed("snapshot").meta)["targets.json"];
      repository.list("snapshot", repository.publishRole("snapshot"));
      repository.publishRole("timestamp");
      return repository.source();
    },
  },
  "a timestamp without snapshot": {
    code: "malformed",
    spoil: (repository) => {
      repository.signed("timestamp").meta = {};
      repository.publishRole("timestamp");
      return repository.source();
    },
  },
  "a version of zero": {
    code: "malformed",
    spoil: (repository) => {
      repository.setVersion("timestamp", 0n);
      repository.publishRole("timestamp");
      return repository.source();
    },
  },
  "metadata of another type": {
    code: "malformed",
    spoil: (repository) => ({ ...repository.source(), timestamp: repository.served("snapshot") }),
  },
  "another version of the specification": {
    code: "unsupported",
    spoil: (repository) => {
      repository.signed("timestamp").spec_version = "2.0.0";
      repository.publishRole("timestamp");
      return repository.source();
    },
  },
  "a fraction where an integer belongs": {
    code: "malformed",
    spoil: (repository) => ({
      ...repository.source(),
      timestamp: encodeUtf8(
        new TextDecoder().decode(repository.served("timestamp")).replace('"version":1,', '"version":1.0,'),
      ),
    }),
  },
  "another target": {
    code: "malformed",
    spoil: (repository) => ({ ...repository.source(), target: encodeUtf8("{} ") }),
  },
  "a target with a digest of an unknown algorithm": {
    code: "malformed",
    spoil: next((repository) => {
      object(object(object(repository.signed("targets").targets)["trusted_root.json"]).hashes).md5 = "00";
      return {};
    }),
  },
  "no such target": {
    code: "no-trust",
    spoil: next((repository) => {
      delete object(repository.signed("targets").targets)["trusted_root.json"];
      return {};
    }),
  },
};
