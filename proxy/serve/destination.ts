/** How an API server reaches the webhook, as flags and settings say it. */
export type Destination =
  | { readonly url: string }
  | { readonly namespace: string; readonly name: string; readonly port: number };

/** The name of a namespace or a Service. */
export const isLabel = (text: string): boolean => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text);

const httpsPort = 443;

/** One of the two; or what is wrong with it. */
export function readDestination(
  url: string | undefined,
  service: string | undefined,
): { readonly to: Destination } | { readonly wrong: string; readonly of: "url" | "service" } {
  if (url !== undefined) {
    const found = URL.canParse(url) ? new URL(url) : undefined;
    if (found?.protocol !== "https:" || found.username + found.password + found.search + found.hash !== "")
      return { wrong: "is https:// with a host, a port and a path at most", of: "url" };
    return { to: { url } };
  }
  const [, namespace = "", name = "", port] = /^([^/:]+)\/([^/:]+)(?::(\d{1,5}))?$/.exec(service ?? "") ?? [];
  const number = port === undefined ? httpsPort : Number(port);
  if (!isLabel(namespace) || !isLabel(name) || number < 1 || number > 65_535)
    return { wrong: "is NAMESPACE/NAME, with :PORT unless that is 443", of: "service" };
  return { to: { namespace, name, port: number } };
}
