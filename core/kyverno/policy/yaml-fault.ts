/** What is wrong at an offset of a YAML text. Source: docs/architecture.md#three-values (`EngineError`). */
import { EngineError } from "../../errors.ts";

export class YamlFault extends EngineError {
  readonly offset: number;
  /** The text is not where it belongs: the slip may stand above it. */
  readonly isLost: boolean;

  constructor(
    code: "malformed" | "over-limit",
    message: string,
    offset: number,
    { cause, isLost = false }: { readonly cause?: unknown; readonly isLost?: boolean } = {},
  ) {
    super(code, message, { cause });
    this.offset = offset;
    this.isLost = isLost;
  }
}
