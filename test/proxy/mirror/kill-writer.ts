/**
 * Run as a process of its own: writes without end into the mirror of the folder given, and says after each commit what
 * is stored. With a scope it claims that this is complete, again and again. Meant to be killed.
 */
import { digestOf } from "../../../core/crypto/digest.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { defaultLimits } from "../../../core/limits.ts";

const [folder = "", from = "0", claimed] = process.argv.slice(2);
const mirror = openMirror(folder, { mode: "write", waitMs: 10_000, limits: defaultLimits });
const writer = mirror.writer();
const at = "2026-01-01T00:00:00Z";

for (let count = Number(from); ; count++) {
  const bytes = Buffer.from(`{"layers":[],"annotations":{"count":"${count}","fill":"${"x".repeat(count % 5000)}"}}`);
  const digest = digestOf(bytes);
  writer.transaction(() => {
    writer.setAnswer(
      { kind: "manifest", repository: "ghcr.io/org/app", digest },
      { state: "present", value: bytes, at, from: "kill" },
    );
    writer.setAnswer(
      { kind: "tag", repository: "ghcr.io/org/app", tag: String(count) },
      { state: "present", value: { mediaType: "", digest, size: bytes.length }, at, from: "kill" },
    );
  });
  process.stdout.write(`${count}\n`);
  // The next tag ends this claim.
  if (claimed !== undefined) writer.setComplete(claimed, { at, from: String(count) });
}
