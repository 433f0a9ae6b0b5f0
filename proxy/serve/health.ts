/** `/healthz` and `/readyz`, as Kubernetes asks them. */
import { EngineError } from "../../core/errors.ts";

/** Something without which nothing useful is answered. */
export interface ReadinessCheck {
  readonly name: string;
  /** @throws EngineError when it is not ready. */
  look(): void;
}

interface CheckAnswer {
  readonly name: string;
  readonly ready: boolean;
  readonly code?: string;
  readonly why?: string;
}

export interface HealthAnswer {
  readonly status: 200 | 503;
  readonly body: { readonly ready?: boolean; readonly alive?: true; readonly checks?: readonly CheckAnswer[] };
}

function ask({ name, look }: ReadinessCheck): CheckAnswer {
  try {
    look();
    return { name, ready: true };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { name, ready: false, code: error.code, why: error.message };
  }
}

/** Alive: it answers at all. Ready: it has what it needs, and is not shutting down. */
export function healthAnswer(
  path: "/healthz" | "/readyz",
  checks: readonly ReadinessCheck[],
  isEnding: boolean,
): HealthAnswer {
  if (path === "/healthz") return { status: 200, body: { alive: true } };
  const ending: CheckAnswer = isEnding
    ? { name: "running", ready: false, why: "it is shutting down" }
    : { name: "running", ready: true };
  const answers = [ending, ...checks.map(ask)];
  const ready = answers.every((one) => one.ready);
  return { status: ready ? 200 : 503, body: { ready, checks: answers } };
}
