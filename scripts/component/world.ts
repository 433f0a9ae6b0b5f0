/** The engine's world, as hosts and as QuickJS see it. Source: docs/spec/bundles.md#component. */

/** The interface of the kernel, which QuickJS imports as a module. */
export function kernelName(wit: string): string {
  const [, name, version] = /^package ([a-z:]+)@([0-9.]+);$/m.exec(wit) ?? [];
  if (name === undefined || version === undefined) throw new Error("the world has no package with a version");
  return `${name}/kernel@${version}`;
}

/** The world that QuickJS is given: with the kernel, which is linked afterwards. */
export function innerWorld(wit: string, kernel: string): string {
  const opened = wit.replace(/^(world [a-z-]+ \{)$/m, "$1\n  import kernel;");
  if (opened === wit) throw new Error("there is no world");
  return `${opened}\n${kernel}`;
}

/** What a world exports, and what is added to it. */
export const exportsOfWorld = (wit: string): readonly string[] =>
  [...[...wit.matchAll(/^\s*export ([a-z-]+): func/gm)].map(([, name = ""]) => name), "init"].sort();
