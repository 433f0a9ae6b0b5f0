/** `/healthz` and `/readyz`, as Kubernetes asks them. */
import { EngineError } from "../../core/errors.ts";

/** Something without which nothing useful is answered; or with `isOnlySaid`, what people should know. */
export interface ReadinessCheck {
  readonly name: string;
  /** It is said, and requests are answered all the same. */
  readonly isOnlySaid?: boolean;
  /** @throws EngineError when it is not ready. */
  look(): void;
}

/** Which snapshot is read, so that a replica that lags is seen. */
export interface MirrorFacts {
  readonly contentId: string;
  readonly sequence: number;
  /** RFC 3339. */
  readonly created: string;
}

interface CheckAnswer {
  readonly name: string;
  readonly ready: boolean;
  /** It does not hold the server back. */
  readonly onlySaid?: true;
  readonly code?: string;
  readonly why?: string;
}

export interface HealthAnswer {
  readonly status: 200 | 503;
  readonly body: {
    readonly ready?: boolean;
    readonly alive?: true;
    readonly mirror?: MirrorFacts;
    readonly checks?: readonly CheckAnswer[];
  };
}

function ask({ name, isOnlySaid, look }: ReadinessCheck): CheckAnswer {
  try {
    look();
    return { name, ready: true };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const said = isOnlySaid === true ? { onlySaid: true as const } : {};
    return { name, ready: false, ...said, code: error.code, why: error.message };
  }
}

/** Alive: it answers at all. Ready: it has what it needs, and is not shutting down. */
export function healthAnswer(
  path: "/healthz" | "/readyz",
  checks: readonly ReadinessCheck[],
  isEnding: boolean,
  mirror?: MirrorFacts,
): HealthAnswer {
  if (path === "/healthz") return { status: 200, body: { alive: true } };
  const ending: CheckAnswer = isEnding
    ? { name: "running", ready: false, why: "it is shutting down" }
    : { name: "running", ready: true };
  const answers = [ending, ...checks.map(ask)];
  const ready = answers.every((one) => one.ready || one.onlySaid === true);
  return { status: ready ? 200 : 503, body: { ready, ...(mirror === undefined ? {} : { mirror }), checks: answers } };
}
