/** The real cosign's verdict on a case: images are pushed to a registry on loopback first. */
import { execFile } from "node:child_process";
import { associatedTag } from "../../../core/oci/associated-tag.ts";
import { mediaTypeOf, mediaTypes, parseManifest, referrerDescriptor } from "../../../core/oci/manifest.ts";
import { digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import type { Signed } from "../../lab/index.ts";
import type { CaseFiles } from "./case-files.ts";
import { defaultLimits } from "../../../core/limits.ts";

export interface CosignVerdict {
  readonly accepts: boolean;
  /** First line of what it says when it refuses, without names that change. */
  readonly error?: string;
}

async function send(url: string, method: string, body: Uint8Array | undefined, type: string): Promise<Response> {
  const response = await fetch(url, {
    method,
    headers: { "content-type": type },
    ...(body === undefined ? {} : { body: Buffer.from(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  return response;
}

/** Puts the store into repository `name` of the registry; referrers as the list under the image's fallback tag. */
async function push(signed: Signed, registry: string, name: string): Promise<void> {
  const base = `${registry}/v2/${name}`;
  for (const { bytes } of signed.store.blobs) {
    const started = await send(`${base}/blobs/uploads/`, "POST", undefined, "application/octet-stream");
    const location = new URL(started.headers.get("location") ?? "", registry);
    location.searchParams.set("digest", digestOf(bytes));
    await send(location.href, "PUT", bytes, "application/octet-stream");
  }
  const referrers: unknown[] = [];
  for (const { bytes, digest, tag } of signed.store.manifests) {
    const manifest = parseManifest(bytes, defaultLimits);
    await send(`${base}/manifests/${tag ?? digest}`, "PUT", bytes, mediaTypeOf(manifest));
    if (manifest.subject?.digest === signed.digest) referrers.push(referrerDescriptor(manifest, digest, bytes.length));
  }
  if (referrers.length === 0) return;
  const list = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: referrers };
  await send(
    `${base}/manifests/${associatedTag(signed.digest, "referrers")}`,
    "PUT",
    encodeUtf8(JSON.stringify(list)),
    mediaTypes.index,
  );
}

const run = (program: string, words: readonly string[]): Promise<{ readonly exit: number; readonly text: string }> =>
  new Promise((resolve) => {
    const env = {
      ...process.env,
      HOME: "/nonexistent",
      TUF_ROOT: "/nonexistent",
      SIGSTORE_NO_CACHE: "1",
      HTTPS_PROXY: "http://127.0.0.1:1",
      NO_PROXY: "127.0.0.1",
    };
    execFile(program, words, { env, timeout: 60_000 }, (error, stdout, stderr) => {
      const code = (error as { readonly code?: unknown } | null)?.code;
      resolve({ exit: error === null ? 0 : typeof code === "number" ? code : 1, text: `${stderr}\n${stdout}` });
    });
  });

/** The line that says why, with what changes from run to run taken out. */
function reasonOf(text: string, folder: string, registry: string): string {
  const lines = text
    .split("\n")
    .filter((line) => line !== "" && !/^WARNING|^Flag |^Verification for|^main\.go|^\s*$/.test(line));
  const line = lines.find((candidate) => candidate.startsWith("Error:")) ?? lines[0] ?? "";
  return line
    .replace(/^Error: /, "")
    .replaceAll(folder, "FOLDER")
    .replaceAll(registry.replace("http://", ""), "REGISTRY")
    .slice(0, 300);
}

/** `registry` is `http://127.0.0.1:PORT`; `name` a repository for this case alone. */
export async function cosignVerdict(
  cosign: string,
  registry: string,
  name: string,
  signed: Signed,
  { folder, words, target }: CaseFiles,
): Promise<CosignVerdict> {
  if (target.kind === "image") await push(signed, registry, name);
  const place = target.kind === "image" ? `${registry.replace("http://", "")}/${name}@${signed.digest}` : target.path;
  const { exit, text } = await run(cosign, [...words, place]);
  return exit === 0 ? { accepts: true } : { accepts: false, error: reasonOf(text, folder, registry) };
}
