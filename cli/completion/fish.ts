/** The completion script for fish. Source: https://fishshell.com/docs/current/cmds/complete.html. */
import { type CommandNode, type FlagNode, flatten } from "./tree.ts";

const quote = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

function flagLine(
  program: string,
  condition: string,
  { long, short, description, takesValue, choices }: FlagNode,
): string {
  const letter = short === undefined ? "" : ` -s ${short.slice(1)}`;
  const value = choices.length > 0 ? ` -x -a ${quote(choices.join(" "))}` : takesValue ? " -r" : "";
  return `complete -c ${program} -n ${condition} -l ${long.slice(2)}${letter}${value} -d ${quote(description)}`;
}

/** The words that were typed name this command. */
const conditionOf = (program: string, path: string): string => quote(`__${program}_at${path}`);

export function fishScript(root: CommandNode): string {
  const { name } = root;
  const known = flatten(root)
    .filter(({ path }) => path !== "")
    .map(({ path }) => quote(path));
  const lines = flatten(root).flatMap(({ path, flags, commands }) => {
    const at = conditionOf(name, path);
    return [
      ...flags.map((flag) => flagLine(name, at, flag)),
      ...commands.map((sub) => `complete -c ${name} -f -n ${at} -a ${sub.name} -d ${quote(sub.summary)}`),
    ];
  });
  return `# fish completion for ${name}: put it into ~/.config/fish/completions/${name}.fish
function __${name}_at
    set -l known ${known.join(" ")}
    set -l path ''
    for word in (commandline -opc)[2..-1]
        if contains -- "$path $word" $known
            set path "$path $word"
        end
    end
    set -l wanted (string join '' ' '$argv)
    test "$path" = "$wanted"
end
${lines.join("\n")}
`;
}
