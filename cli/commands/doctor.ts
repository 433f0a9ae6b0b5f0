/**
 * `sallyport doctor`: looks at everything that a decision needs, and says what is wrong and what mends it. The report
 * holds no secrets and can be sent to somebody. Source: docs/spec/command-line.md#status-and-doctor.
 */
import type { Command } from "commander";
import { EngineError } from "../../core/errors.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { lookAtFolder } from "../../proxy/mirror/look-at-folder.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { loadSqlite } from "../../proxy/mirror/sqlite.ts";
import type { Config } from "../../proxy/serve/settings.ts";
import type { CommandIO, Shell } from "../command.ts";
import { fromEnvironment } from "../environment.ts";
import type { ExitCode } from "../exit-code.ts";
import { certificateItems, configItems } from "../health/config-items.ts";
import { type Item, toItemJson, withStore } from "../health/item.ts";
import { attempted, failedItem, folderItems, nodeItem } from "../health/machine-items.ts";
import { renderItems } from "../health/render-items.ts";
import { findConfig, loadConfig } from "../input/config-file.ts";
import { addAtOption, type AtOptions, withTime } from "../input/at-flag.ts";
import { addLimitOptions } from "../input/limit-flags.ts";
import { addClusterOptions, isOnline } from "../input/online-flags.ts";
import { type OutputOptions, outputOption } from "../input/output-flag.ts";
import { addStoreOption, type StoreOptions, withMirror } from "../input/store.ts";
import { addTrustOptions, type TrustOptions } from "../input/trust-flags.ts";
import { counted } from "../render/count.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { styleOf } from "../render/style.ts";
import { toUtcText } from "../render/time.ts";
import { readServePolicies } from "../serve/serve-policies.ts";
import { trustOptions } from "../serve/trust-options.ts";
import { version } from "../version.ts";
import { exitOfItems, readMirrorItems } from "./status.ts";

interface DoctorOptions extends StoreOptions, TrustOptions, OutputOptions, AtOptions {
  readonly config?: string;
  readonly online?: boolean;
  readonly offline?: boolean;
  readonly cluster?: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** A mirror up to this size is read whole; a larger one takes minutes. */
const readWhole = 64 * 2 ** 20;

/** The rows that every decision reads, and in a small mirror every row. */
function integrityItem(mirror: Mirror, store: string): Item {
  const name = "integrity";
  const knowledge = mirror.knowledge();
  knowledge.state();
  knowledge.pins();
  const fix = withStore("sallyport mirror check --store STORE", store);
  const { databaseBytes, blobs } = mirror.status();
  if (databaseBytes > readWhole)
    return { name, state: "ok", text: `what every decision reads is whole; ${fix} reads the rest` };
  const { damaged } = mirror.inspect(nodeVerifier);
  return damaged === 0
    ? { name, state: "ok", text: `everything is whole, ${blobs} blobs` }
    : {
        name,
        state: "failed",
        code: "mirror-corrupt",
        text: `${counted(damaged, "row")} ${damaged === 1 ? "is" : "are"} damaged`,
        fix,
      };
}

function storeItems(store: string, options: DoctorOptions, io: CommandIO): readonly Item[] {
  const check = withStore("sallyport mirror check --store STORE", store);
  const fill = withStore("sallyport mirror add --store STORE LAYOUT", store);
  const folder = attempted("store", check, () => folderItems(lookAtFolder(store), store));
  if (folder.some(({ name, state }) => name === "store" && state === "failed")) return folder;
  return [
    ...folder,
    ...attempted(
      "mirror",
      ({ remedy }) => (remedy === "no-mirror" ? fill : check),
      () =>
        withMirror({ ...options, store }, io, "read", (mirror) => [
          integrityItem(mirror, store),
          ...readMirrorItems(mirror, options, io).items,
        ]),
    ),
  ];
}

interface ConfigLook {
  readonly items: readonly Item[];
  readonly file?: string;
  readonly config?: Config | undefined;
}

function lookAtConfig(options: DoctorOptions, io: CommandIO): ConfigLook {
  const file = findConfig(options, io);
  if (file === undefined)
    return {
      items: [
        { name: "configuration", state: "skipped", text: "none is named, and none is where serve looks for one" },
      ],
    };
  try {
    const read = loadConfig(file, io);
    const files = { read: io.readFile, kindOf: io.pathKind };
    const { config } = read;
    const items = configItems(file, read, files);
    if (config === undefined) return { file, items };
    const { folders } = config.policies;
    const policies =
      folders.length === 0
        ? []
        : attempted("policies", `sallyport policy check ${folders[0] ?? ""}`, () => {
            const { policies: loaded } = readServePolicies(config, io);
            return { name: "policies", state: "ok", text: `${loaded.length} load` };
          });
    return { file, config, items: [...items, ...policies, ...certificateItems(config, files, io.now())] };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { file, items: [failedItem("configuration", error, `sallyport config check ${file}`)] };
  }
}

/** Nothing is dialled unless it was said: by a flag, or by the mode of the configuration. */
async function reachItems(options: DoctorOptions, config: Config | undefined, io: CommandIO): Promise<readonly Item[]> {
  const items: Item[] = [];
  const isOnlineNow = isOnline(options, io) || (config?.mode === "online" && options.offline !== true);
  const hosts = config?.upstreams.map(({ host }) => host) ?? [];
  if (!isOnlineNow) {
    const text = "nobody was asked: --online asks the upstreams of the configuration";
    items.push({ name: "registry", state: "skipped", text });
  } else if (config === undefined || hosts.length === 0)
    items.push({ name: "registry", state: "skipped", text: "no configuration names upstreams: give --config FILE" });
  else items.push(...(await (await import("../serve/reach-upstreams.ts")).reachUpstreams(config, hosts, io)));
  if (options.cluster === true)
    items.push(await (await import("../serve/reach-upstreams.ts")).reachCluster(options, io));
  return items;
}

/** Settings of the configuration count where no flag says otherwise, as in `serve`. */
const withConfig = (options: DoctorOptions, config: Config | undefined): DoctorOptions =>
  config === undefined ? options : { ...trustOptions(config), ...options };

async function doctor(given: DoctorOptions, machine: CommandIO): Promise<ExitCode> {
  const io = withTime(given, machine);
  const now = io.now();
  const { items: ofConfig, file, config } = lookAtConfig(given, io);
  const options = withConfig(given, config);
  const store = options.store ?? fromEnvironment("SALLYPORT_STORE", io) ?? config?.store;
  const { runtime } = io.host;
  const items: readonly Item[] = [
    { name: "program", state: "ok", text: `sallyport ${version}` },
    nodeItem(runtime),
    ...attempted("SQLite", "npm rebuild better-sqlite3", () => {
      loadSqlite();
      return { name: "SQLite", state: "ok", text: "its native part is there" };
    }),
    ...ofConfig,
    ...(store === undefined
      ? [
          {
            name: "store",
            state: "skipped",
            text: "no mirror is named: give --store DIR, or set SALLYPORT_STORE",
          } as const,
        ]
      : storeItems(store, options, io)),
    ...(await reachItems(options, config, io)),
  ];
  if (isDocumentFormat(options.output)) {
    const shown = items.map((item) => toItemJson(item, now));
    const members = { at: now.toISOString(), version, runtime, ...(file === undefined ? {} : { config: file }) };
    io.out(renderDocument("Doctor", { ...members, items: shown }, options.output));
  } else io.out(`doctor as of ${toUtcText(now)}\n${renderItems(items, styleOf(io))}`);
  return exitOfItems(items);
}

export function define(command: Command, { io, finish }: Shell): void {
  addTrustOptions(
    addLimitOptions(
      addClusterOptions(
        addAtOption(addStoreOption(command))
          .option("-c, --config <file>", "the configuration of serve (env: SALLYPORT_CONFIG)")
          .option("--online", "ask each upstream of the configuration whether it answers")
          .option("--offline", "ask nobody, whatever the mode of the configuration"),
      ),
    ),
  )
    .addOption(outputOption())
    .addHelpText(
      "after",
      "\nThe report holds no secrets: `sallyport doctor -o json` can be sent to somebody.\n\n" +
        "Exit codes: 0 nothing is wrong, warnings included; else that of the gravest item\n",
    )
    .action(async (options: DoctorOptions) => finish(await doctor(options, io)));
}
