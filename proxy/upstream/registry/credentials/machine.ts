/**
 * What a cloud's machine is given without a key: asked at the link-local addresses that the cloud documents, and at no
 * others. Everything else refuses such addresses. Source:
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html,
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html,
 * https://cloud.google.com/compute/docs/metadata/querying-metadata.
 */
import { EngineError } from "../../../../core/errors.ts";
import { Connections } from "../../connections.ts";
import { type BoundedResponse, Fetcher } from "../../fetch-bounded.ts";
import { hostOf, isLoopback } from "../../proxy-choice.ts";

export interface MachineRequest {
  readonly method?: "GET" | "PUT";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/** A machine answers itself at once. */
const answerMs = 1000;
const answerBytes = 64 * 1024;

/**
 * Whether an address may be one of `documented`, or this machine itself.
 * @throws EngineError `access-denied` for any other: a variable must not send secrets elsewhere.
 */
export function requireMachine(url: URL, documented: readonly string[], setting: string): void {
  if (documented.includes(hostOf(url)) || isLoopback(hostOf(url))) return;
  throw new EngineError("access-denied", `${setting} names an address at which no machine has credentials`, {
    subject: url.origin,
  });
}

/**
 * The answer, without a proxy, redirects and tries; `undefined`: nobody answers there, or not with 200, so that this is
 * no machine of that cloud.
 */
export async function askMachine(
  { method = "GET", url, headers }: MachineRequest,
  signal: AbortSignal,
): Promise<BoundedResponse | undefined> {
  const connections = new Connections({ env: {}, connectMs: answerMs, silenceMs: answerMs });
  const fetcher = new Fetcher({ connections, tries: 1, onlyHost: hostOf(url) });
  const stop = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
  try {
    const answer = await fetcher.fetch({ method, url, originHeaders: headers, maxBytes: answerBytes }, stop);
    return answer.status === 200 ? answer : undefined;
  } catch (error) {
    if (!(error instanceof EngineError) || signal.aborted) throw error;
    if (error.code === "unreachable" || error.code === "timed-out") return undefined;
    throw error;
  } finally {
    await connections.close();
  }
}
