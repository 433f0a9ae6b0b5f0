/** Archives under bounds that are set low: one reader for each bound. */
import { encodeCarriedBlob, parseCarriedBlob } from "../../core/archive/carried-blob.ts";
import { encodeEntry, parseEntry } from "../../core/archive/archive-entry.ts";
import {
  type ArchiveStatement,
  encodeArchiveStatement,
  parseArchiveStatement,
} from "../../core/archive/archive-statement.ts";
import { encodeSnapshotStatement, parseSnapshotStatement } from "../../core/archive/snapshot-statement.ts";
import { defaultLimits, type Limits } from "../../core/limits.ts";
import { ExportLog } from "../../proxy/crossing/export-log.ts";
import { exported, variedMirror } from "../support/archive-store.ts";
import { imageDigest, sampleEntries, sampleStatement } from "../support/archive-sample.ts";

const publicKey = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt
6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==
-----END PUBLIC KEY-----
`;

/** `parseArchiveStatement` of a statement with everything that a bound is about. */
const statingArchive = (limits: Limits): ArchiveStatement =>
  parseArchiveStatement(
    encodeArchiveStatement(
      sampleStatement({
        parts: [1, 0],
        index: [...sampleStatement().index, ...sampleStatement().index],
        nextKeys: [publicKey],
        bootstrap: [{ name: "a.tgz", digest: imageDigest, size: 3 }],
      }),
    ),
    limits,
  );

/** `parseEntry` and `parseCarriedBlob`. */
const listingArchive = (limits: Limits): void => {
  for (const entry of sampleEntries) parseEntry(encodeEntry(entry), limits);
  parseCarriedBlob(encodeCarriedBlob({ digest: imageDigest, size: 3 }), limits);
};

/** `parseSnapshotStatement`. */
const statingSnapshot = (limits: Limits): void => {
  const created = "2026-11-30T06:00:00Z";
  const facts = { sequence: 1, digest: imageDigest, size: 4096, schema: 1, contentId: imageDigest, created };
  parseSnapshotStatement(encodeSnapshotStatement(facts), limits);
};

/** Two exports of one mirror, and which of them a delta can begin at. */
const keepingExports = (given: Partial<Limits>): readonly string[] => {
  const store = variedMirror(1);
  for (let count = 0; count < 2; count++) exported(store, {}, given);
  const log = new ExportLog(store, defaultLimits);
  const { kept } = log.find(1);
  log.close();
  return kept.length === 2 ? [] : [`kept: ${kept.join(", ")}`];
};

export const archiveRows = <Run>(thrown: (act: (limits: Limits) => unknown) => Run) => ({
  archiveStatementBytes: { low: 10, run: thrown(statingArchive) },
  archiveLists: { low: 1, run: thrown(statingArchive) },
  archiveListBytes: { low: 10, run: thrown(statingArchive) },
  archiveEntryBytes: { low: 10, run: thrown(listingArchive) },
  archiveBytes: { low: 10, run: thrown(statingArchive) },
  archiveParts: { low: 1, run: thrown(statingArchive) },
  archiveKeys: { low: 0, run: thrown(statingArchive) },
  snapshotBytes: { low: 10, run: thrown(statingSnapshot) },
  keptExports: { low: 1, run: keepingExports, says: /^kept: 2$/ },
  archiveBootstrapFiles: { low: 0, run: thrown(statingArchive) },
});
