/**
 * The flag for the size of bundles, and the limits that grow with it. Source:
 * docs/spec/sigstore.md#bundle-referrers.
 */
import type { Command } from "commander";
import { findSize } from "../../core/encoding/units.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import type { CommandIO } from "../command.ts";
import { fromEnvironment, orVariable } from "../environment.ts";

export interface LimitOptions {
  readonly maxBundleSize?: string;
}

/** Adds `--max-bundle-size`. */
export const addLimitOptions = (command: Command): Command =>
  command.option(
    "--max-bundle-size <size>",
    `the largest Sigstore bundle that is read (default: 64MiB) ${orVariable("SALLYPORT_MAX_BUNDLE_SIZE")}`,
  );

const largest = 500 * 2 ** 20;

/**
 * The bounds of a command. Limits of everything that holds a bundle grow with it; a smaller size does not shrink them.
 * @throws EngineError `invalid-usage` for a text that is not a size, or a size that no string of JavaScript can have.
 */
export function readLimits(options: LimitOptions, io: Pick<CommandIO, "env" | "used" | "limits">): Limits {
  const given = options.maxBundleSize ?? fromEnvironment("SALLYPORT_MAX_BUNDLE_SIZE", io);
  const { limits } = io;
  if (given === undefined) return limits;
  const subject = options.maxBundleSize === undefined ? "SALLYPORT_MAX_BUNDLE_SIZE" : "--max-bundle-size";
  const bundleBytes = findSize(given) ?? 0;
  if (bundleBytes <= 0)
    throw new EngineError(
      "invalid-usage",
      `${subject} takes a size such as 96MiB, or a number of bytes, not ${JSON.stringify(given)}`,
      { subject },
    );
  if (bundleBytes > largest)
    throw new EngineError("invalid-usage", `${subject} ${given} is too much: at most 500MiB can be read`, { subject });
  return limitsOfBundles(bundleBytes, limits);
}

/** The limits for bundles of this size. */
export const limitsOfBundles = (bundleBytes: number, limits: Limits): Limits => ({
  ...limits,
  bundleBytes,
  blobBytes: Math.max(limits.blobBytes, bundleBytes),
  jsonBytes: Math.max(limits.jsonBytes, bundleBytes),
  signatureBytesPerImage: Math.max(limits.signatureBytesPerImage, 4 * bundleBytes),
});
