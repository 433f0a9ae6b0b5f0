/**
 * The configuration of `serve`: whether it loads, whether what it names is there, and until when its certificates are
 * valid. Source: docs/spec/command-line.md#status-and-doctor.
 */
import { EngineError } from "../../core/errors.ts";
import { readCertificateDates } from "../../proxy/serve/certificate-dates.ts";
import type { ConfigFault, ReadConfig } from "../../proxy/serve/read-config.ts";
import type { Config } from "../../proxy/serve/settings.ts";
import { counted } from "../render/count.ts";
import { toTimeText } from "../render/time.ts";
import { type Item, levelOf } from "./item.ts";
import { failedItem } from "./machine-items.ts";

export interface ConfigFiles {
  read(path: string): Uint8Array;
  kindOf(path: string): "file" | "folder" | "none";
}

const place = ({ place: where, message }: ConfigFault): string => `${where}: ${message}`;

export function configItems(
  file: string,
  { faults, warnings, paths, config }: ReadConfig,
  files: ConfigFiles,
): readonly Item[] {
  const missing = paths
    .filter(({ name, path }) => files.kindOf(path) === "none" && !(name === "store" && config?.mode !== "offline"))
    .map(({ name, path, place: where }): ConfigFault => ({ place: where, message: `${name}: ${path} is not there` }));
  const [first, ...more] = [...faults, ...missing];
  const name = "configuration";
  const fix = `sallyport config check ${file}`;
  if (first !== undefined) {
    const others = more.length === 0 ? "" : `; and ${counted(more.length, "more error")}`;
    return [{ name, state: "failed", code: "invalid-config", text: `${place(first)}${others}`, fix }];
  }
  const [warned, ...others] = warnings;
  if (warned === undefined) return [{ name, state: "ok", text: `${file} loads` }];
  const text = `${place(warned)}${others.length === 0 ? "" : `; and ${counted(others.length, "more warning")}`}`;
  return [{ name, state: "warning", text, fix }];
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");

/** Of listeners with files or an authority of their own, and those that upstreams are shown. */
export function certificateItems(
  { listeners, upstreams, store }: Config,
  files: ConfigFiles,
  now: Date,
): readonly Item[] {
  const wanted = [
    ...listeners.flatMap(({ address, tls: { from, certificate, key } }) =>
      from === "files" && certificate !== undefined
        ? [{ subject: address, certificate, key, fix: `renew ${certificate}: serve reads it again when it changes` }]
        : [],
    ),
    ...(listeners.some(({ tls }) => tls.from === "own") && store !== undefined
      ? [
          {
            subject: "the authority of serve",
            certificate: `${store}/tls/ca.pem`,
            key: undefined,
            fix: "restart serve",
          },
        ]
      : []),
    ...upstreams.flatMap(({ host, clientCertificate, clientKey }) =>
      clientCertificate === undefined
        ? []
        : [{ subject: host, certificate: clientCertificate, key: clientKey, fix: `renew ${clientCertificate}` }],
    ),
  ];
  return wanted.flatMap(({ subject, certificate, key, fix }): readonly Item[] => {
    const name = "certificate";
    // An authority of its own is made at the first start.
    if (files.kindOf(certificate) !== "file")
      return [{ name, subject, state: "skipped", text: `${certificate} is not there yet` }];
    try {
      const chain = textOf(files.read(certificate));
      const { from, until } = readCertificateDates(
        certificate,
        chain,
        key === undefined ? undefined : textOf(files.read(key)),
      );
      return [{ name, subject, until, ...dated(from, until, now), ...(levelText(from, until, now) ? { fix } : {}) }];
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      return [failedItem(name, error, fix)];
    }
  });
}

const levelText = (from: Date, until: Date, now: Date): boolean => dated(from, until, now).state !== "ok";

function dated(from: Date, until: Date, now: Date): Pick<Item, "state" | "text" | "code"> {
  if (now > until) return { state: "failed", code: "tls-failure", text: `expired ${toTimeText(until, now)}` };
  if (now < from) return { state: "failed", code: "tls-failure", text: `valid only from ${toTimeText(from, now)}` };
  return {
    state: levelOf(until.getTime() - now.getTime(), until.getTime() - from.getTime()),
    text: `valid until ${toTimeText(until, now)}`,
  };
}
