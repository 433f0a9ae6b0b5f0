/** What the bounds of a mirror and of its `state.db` leave out: nothing said where they hold everything. */
import { EngineError } from "../../core/errors.ts";
import { type Limits, limitsWith } from "../../core/limits.ts";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";
import { storeIn } from "../../proxy/registry/asked-store.ts";
import type { DecisionLog } from "../../proxy/state/decision-log.ts";
import { AdmissionRecheck } from "../../proxy/webhook/admission-recheck.ts";
import { openState } from "../../proxy/state/open-state.ts";
import { fastVerifier } from "../lab/index.ts";
import { admissionParts, undecided } from "../support/undecided.ts";
import { admissionRows } from "./admission-limits.ts";
import { at, origin, tamper, temporaryFolder, writtenMirror } from "../support/temporary-mirror.ts";

/** `inspect`, of a mirror with two damaged rows. */
const listingDamage = (given: Partial<Limits>): readonly string[] => {
  const folder = writtenMirror((mirror) => {
    for (const reference of ["a", "b"])
      mirror.writer().setAnswer({ kind: "key", reference }, { state: "absent", ...origin });
  });
  tamper(folder, "UPDATE answer SET source = 'elsewhere'");
  const mirror = openMirror(folder, { mode: "read", limits: limitsWith(given) });
  try {
    const { damage, damaged } = mirror.inspect(fastVerifier);
    return damage.length === damaged ? [] : [`listed ${damage.length} of ${damaged}`];
  } finally {
    mirror.close();
  }
};

/** `collect`, of a mirror with two images that nothing keeps. */
const listingRemovals = (given: Partial<Limits>): readonly string[] => {
  const mirror = openMirror(temporaryFolder(), { mode: "write", limits: limitsWith(given) });
  try {
    const value = { mediaType: "a/b", digest: `sha256:${"a".repeat(64)}`, size: 1 } as const;
    for (const tag of ["1", "2"])
      mirror
        .writer()
        .setAnswer({ kind: "tag", repository: "a.example/app", tag }, { state: "present", value, ...origin });
    const { images, imagesRemoved } = mirror.writer().collect({ keepLast: 0 });
    return images.length === imagesRemoved ? [] : [`listed ${images.length} of ${imagesRemoved}`];
  } finally {
    mirror.close();
  }
};

/** `openMirror`, to record two runs and read them back. */
const recordingRuns = (given: Partial<Limits>): readonly string[] => {
  const mirror = openMirror(temporaryFolder(), { mode: "write", limits: limitsWith(given) });
  try {
    for (const kind of ["first", "second"])
      mirror.log.addRun({ kind, started: at, ended: at, from: "test", summary: {} });
    const kept = mirror.log.runs(9).map(({ kind }) => kind);
    return kept.length === 2 ? [] : [`kept: ${kept.join(", ")}`];
  } finally {
    mirror.close();
  }
};

/** `storeIn`, with two tags that clients asked for and nobody has. */
const keepingAbsences = (given: Partial<Limits>): readonly string[] => {
  const mirror = openMirror(temporaryFolder(), { mode: "write", limits: limitsWith() });
  try {
    const tag = (name: string) => ({ kind: "tag", repository: "a.example/app", tag: name }) as const;
    const put = storeIn(mirror, limitsWith(given));
    for (const name of ["first", "second"]) put?.(tag(name), { state: "absent", ...origin });
    const kept = ["first", "second"].filter((name) => mirror.knowledge().recorded(tag(name)) !== undefined);
    return kept.length === 2 ? [] : [`kept: ${kept.join(", ")}`];
  } finally {
    mirror.close();
  }
};

const remembering = <T>(given: Partial<Limits>, act: (state: ReturnType<typeof openState>) => T): T => {
  const state = openState(temporaryFolder(), { limits: limitsWith(given), setAside: () => undefined });
  try {
    return act(state);
  } finally {
    state.close();
  }
};

/** `openState`, with two images that were let in undecided. */
const rechecking = (given: Partial<Limits>): readonly string[] =>
  remembering(given, (state) =>
    state.recheck((list) => {
      const finding = { policy: "p", policyDigest: `sha256:${"a".repeat(64)}`, state: "unknown" } as const;
      for (const image of ["a", "b"])
        list.admit({ image, resource: "" }, [{ ...finding, code: "unreachable", message: "" }], at);
      const { unknown, dropped } = list.counts();
      return dropped === 0 ? [] : [`kept ${unknown}, dropped ${dropped}`];
    }),
  );

const longAgo = "2025-01-01T00:00:00Z";

/** `openState`, with two decisions, one of them of the year before. */
const rememberingDecisions =
  (ofFirst = at) =>
  (given: Partial<Limits>): readonly string[] =>
    remembering(given, (state) =>
      state.decisions((log: DecisionLog) => {
        const decision = { subject: "Pod a/b", allowed: true, record: new Uint8Array(2) };
        log.put(
          [
            { id: "d-first", at: ofFirst, ...decision },
            { id: "d-second", at, ...decision },
          ],
          new Date(at),
        );
        return log.count() === 2
          ? []
          : [
              `kept: ${log
                .list(9)
                .map(({ id }) => id)
                .join(", ")}`,
            ];
      }),
    );

/** The same with one that is older than any that is kept for a month, and a bound in which it has room. */
const rememberingLong = (given: Partial<Limits>): readonly string[] =>
  rememberingDecisions(longAgo)({ decisionDays: 10_000, ...given });

const refusingRecords = (given: Partial<Limits>): readonly string[] => {
  try {
    return rememberingDecisions()(given);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return [`${error.code}: ${error.message}`];
  }
};

/** A resource that was let in undecided: what its entry says, where its request is too large to be kept. */
async function keepingRequests(given: Partial<Limits>): Promise<readonly string[]> {
  const limits = limitsWith(given);
  const state = openState(temporaryFolder(), { limits, setAside: () => undefined });
  try {
    const recheck = new AdmissionRecheck({
      ...admissionParts,
      state,
      limits,
      report: () => undefined,
      refuted: () => undefined,
      changed: () => undefined,
    });
    recheck.admitted(undecided.request, undecided.decided);
    await recheck.close();
    const entries = state.recheck((list) => list.entries(9));
    return entries.flatMap(({ code, message }) => (code === "over-limit" ? [`${code}: ${message}`] : []));
  } finally {
    state.close();
  }
}

/** Rows of the table of limits. */
export const storedRows = {
  ...admissionRows,
  listedDamage: { low: 1, run: listingDamage, says: /^listed 1 of 2$/ },
  listedRemovals: { low: 1, run: listingRemovals, says: /^listed 1 of 2$/ },
  askedAbsences: { low: 1, run: keepingAbsences, says: /^kept: second$/ },
  mirrorRuns: { low: 1, run: recordingRuns, says: /^kept: second$/ },
  recheckEntries: { low: 1, run: rechecking, says: /^kept 1, dropped 1$/ },
  recheckRequestBytes: { low: 100, run: keepingRequests, says: /^over-limit: its request has more than 100 bytes/ },
  decisionRecords: { low: 1, run: rememberingDecisions(), says: /^kept: d-first$/ },
  decisionLogBytes: { low: 3, run: rememberingDecisions(), says: /^kept: d-first$/ },
  decisionRecordBytes: { low: 1, run: refusingRecords },
  decisionDays: { low: 30, run: rememberingLong, says: /^kept: d-second$/ },
};
