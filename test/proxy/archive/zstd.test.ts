import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pack } from "tar-stream";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { openTar } from "../../../proxy/archive/tar-source.ts";
import { rejectsCode } from "../../support/assert.ts";
import { carried } from "../../support/carried.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";
import { type FrameOptions, zstdFrame } from "../../support/zstd-frame.ts";

const test = suite("proxy/archive/zstd");

async function archive(content: string): Promise<Buffer> {
  const packed = pack();
  packed.entry({ name: "file" }, content);
  packed.finalize();
  const pieces: Uint8Array[] = [];
  for await (const piece of packed) pieces.push(piece as Uint8Array);
  return Buffer.concat(pieces);
}
const written = (bytes: Uint8Array): string => {
  const path = join(temporaryFolder(), "layout.tar.zst");
  writeFileSync(path, bytes);
  return path;
};
const refused = (code: "archive-corrupt" | "over-limit", bytes: Uint8Array) =>
  rejectsCode(code, () => openTar(written(bytes), defaultLimits));

test("what the real zstd compressed, what is in several frames, and what is between them", async () => {
  const real = await openTar(carried("haul.tar.zst"), defaultLimits);
  assert.match(real.open("oci-layout")?.read(100, 0).toString() ?? "", '"imageLayoutVersion"');
  real.close();
  const bytes = await archive("x".repeat(300_000));
  const skipped = Buffer.from("502a4d1802000000abcd", "hex");
  const cut = 200_000;
  for (const file of [
    zstdFrame(bytes),
    Buffer.concat([
      zstdFrame(bytes.subarray(0, cut), { window: 9 }),
      skipped,
      zstdFrame(bytes.subarray(cut), { window: 9 }),
    ]),
  ]) {
    const source = await openTar(written(file), defaultLimits);
    assert.is(source.open("file")?.size, 300_000);
    source.close();
  }
});

test("a frame that asks for more memory than is given is refused before any is taken", async () => {
  const bytes = await archive("x");
  const frame = (options: FrameOptions) => zstdFrame(bytes, options);
  await refused("over-limit", frame({ window: 16 }));
  await refused("over-limit", frame({ window: 31 }));
  await refused("over-limit", Buffer.concat([frame({}), frame({ window: 31 })]));
  // A frame of one segment says how large it is in place of a window.
  await refused("over-limit", Buffer.from(`28b52ffde0${"00000000000001"}00010000`, "hex"));
});

test("what is cut short, of a wrong type or no frame is damage", async () => {
  const bytes = await archive("x".repeat(300_000));
  const whole = zstdFrame(bytes);
  for (const length of [5, 6, 8, 1000, whole.length - 1]) await refused("archive-corrupt", whole.subarray(0, length));
  await refused("archive-corrupt", zstdFrame(bytes, { type: 3 }));
  await refused("archive-corrupt", zstdFrame(bytes, { type: 2 }));
  await refused("archive-corrupt", Buffer.concat([whole, Buffer.from("rest of it")]));
});

test("what unpacks to more than is read ends there", async () => {
  const path = written(zstdFrame(await archive("x".repeat(300_000))));
  await rejectsCode("over-limit", () => openTar(path, { ...defaultLimits, layoutArchiveBytes: 100_000 }));
});

test.run();
