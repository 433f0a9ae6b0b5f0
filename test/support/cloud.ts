/** A cloud on loopback for one test: what is asked of it, with forms and headers. */
import type { IncomingHttpHeaders } from "node:http";
import { defaultLimits as limits } from "../../core/limits.ts";
import type { ProviderOptions } from "../../proxy/upstream/registry/credentials/provider.ts";
import { serveLoopback } from "./loopback-server.ts";
import { memoryFiles } from "./memory-files.ts";
import { quickFetcher } from "./quick-fetcher.ts";
import { fixedNow } from "./registry-server.ts";

export interface CloudRequest {
  readonly path: string;
  readonly body: string;
  readonly form: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
}

/** Runs `act` with the cloud's address; the answers are JSON by path. */
export async function withCloud(
  answers: Readonly<Record<string, object | number>>,
  act: (url: string, asked: () => readonly CloudRequest[]) => Promise<void>,
): Promise<void> {
  const asked: CloudRequest[] = [];
  const server = await serveLoopback((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (piece: string) => {
      body += piece;
    });
    request.on("end", () => {
      const path = request.url ?? "";
      asked.push({ path, body, form: Object.fromEntries(new URLSearchParams(body)), headers: request.headers });
      const answer = answers[path] ?? 404;
      if (typeof answer === "number") response.writeHead(answer).end("{}");
      else response.end(JSON.stringify(answer));
    });
  });
  try {
    await act(server.url, () => asked.splice(0));
  } finally {
    await server.close();
  }
}

export const providerOptions = (
  env: Readonly<Record<string, string>>,
  files: Parameters<typeof memoryFiles>[0] = {},
): ProviderOptions => ({
  // No test asks the machine that it runs on, unless it says so.
  env: { AWS_EC2_METADATA_DISABLED: "true", NO_GCE_CHECK: "true", ...env },
  files: memoryFiles(files),
  fetcher: quickFetcher({ tries: 1 }),
  now: fixedNow,
  limits,
});
