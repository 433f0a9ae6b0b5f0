/** Which codes are outages, for the registry. Source: docs/spec/outcomes.md#codes-that-ignore-overlooks. */
import { codeRow, type ErrorCode } from "../../core/errors.ts";

/** Whether the failure policy `Ignore` overlooks this: not refused credentials, nor a certificate. */
export const isOutageCode = (code: ErrorCode): boolean => codeRow(code).ignorable === "artifact";
