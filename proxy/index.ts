/** The door of the proxy: what the commands and tests of whole programs use. */
export { type LayoutImage, LayoutKnowledge, type LayoutOptions, openLayout } from "./archive/oci-layout.ts";
export { nodeVerifier } from "./crypto-node.ts";
export { type AddedLayout, type AddLayoutOptions, addLayout } from "./archive/add-layout.ts";
export type { Inspection } from "./mirror/inspect-mirror.ts";
export type { MirrorImage } from "./mirror/list-mirror.ts";
export type { Attempt, Mirror } from "./mirror/mirror.ts";
export { MirrorKnowledge } from "./mirror/mirror-knowledge.ts";
export { MirrorWriter, type Origin, type Pin, type SeenCheckpoint } from "./mirror/mirror-writer.ts";
export { type OpenMirrorOptions, openMirror } from "./mirror/open-mirror.ts";
export type { RecordedDecision, Run, RunLog } from "./mirror/run-log.ts";
export { fetchTrust, type TrustToFetch } from "./upstream/tuf/fetch-trust.ts";
export { MetadataFolder, replaceFile } from "./upstream/tuf/metadata-folder.ts";
export { createTrustAsker, type TrustAsker, type TufRepositories } from "./upstream/tuf/trust-asker.ts";
export { openTufMirror, type TufMirror, type TufMirrorOptions } from "./upstream/tuf/tuf-mirror.ts";
export {
  fetchTarget,
  type HeldRoles,
  lookUpTarget,
  quoteRole,
  refresh,
  type TufUpdate,
} from "./upstream/tuf/update.ts";
