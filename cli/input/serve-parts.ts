/** What a configuration of `serve` is put together to. Only mode online loads what can dial. */
import type { Limits } from "../../core/limits.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import type { Log } from "../../proxy/log.ts";
import type { Mount, Parts } from "../../proxy/serve/server.ts";
import type { Config } from "../../proxy/serve/settings.ts";
import type { CommandIO } from "../command.ts";

export interface ServeParts {
  readonly config: Config;
  readonly mirror: Mirror;
  readonly limits: Limits;
  readonly io: CommandIO;
  readonly log: Log;
}

/** Until there is a registry behind it, clients are told so. */
const noRegistry: Mount = {
  what: "registry",
  paths: ["/v2"],
  handle(_, response) {
    const body = JSON.stringify({ errors: [{ code: "UNAVAILABLE", message: "no registry is served here" }] });
    response.writeHead(503, { "content-type": "application/json", "retry-after": "60" }).end(body);
  },
};

export async function openParts({ mirror }: ServeParts): Promise<Parts> {
  return {
    mounts: [noRegistry],
    checks: [
      { name: "mirror", look: () => void mirror.knowledge().recorded({ kind: "trusted-root", name: "public-good" }) },
    ],
    close: async () => undefined,
  };
}
