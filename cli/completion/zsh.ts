/**
 * The completion script for zsh. Source:
 * https://zsh.sourceforge.io/Doc/Release/Completion-System.html.
 */
import { type CommandNode, type FlagNode, flatten, quoted } from "./tree.ts";

/** In a specification of `_arguments` brackets and colons have a meaning. */
const plain = (text: string): string => text.replace(/[[\]]/g, "").replaceAll(":", "\\:");

function flagSpecs({ long, short, description, takesValue, choices }: FlagNode): readonly string[] {
  const action = choices.length > 0 ? `:value:(${choices.join(" ")})` : takesValue ? ":value:_files" : "";
  return [long, ...(short === undefined ? [] : [short])].map((form) =>
    quoted(`*${form}[${plain(description)}]${action}`),
  );
}

const functionName = (program: string, path: string): string => `_${program}${path.replace(/[ -]/g, "_")}`;

function functionOf(program: string, { path, flags, commands }: CommandNode): string {
  const specs = flags.flatMap(flagSpecs);
  const name = functionName(program, path);
  if (commands.length === 0)
    return `${name}() {\n  _arguments ${[...specs, quoted("*:file:_files")].join(" \\\n    ")}\n}\n`;
  const list = commands.map((sub) => quoted(`${sub.name}:${sub.summary}`)).join(" \\\n    ");
  const cases = commands.map((sub) => `    ${sub.name}) ${functionName(program, sub.path)} ;;`).join("\n");
  return `${name}() {
  local -a commands
  commands=(${list})
  _arguments -C ${[...specs, quoted("1:command:->command"), quoted("*::argument:->rest")].join(" \\\n    ")}
  case $state in
    command) _describe command commands ;;
    rest) case $words[1] in
${cases}
    esac ;;
  esac
}
`;
}

export const zshScript = (root: CommandNode): string =>
  `#compdef ${root.name}
# zsh completion for ${root.name}: put it as _${root.name} into a folder of $fpath
${flatten(root)
  .map((node) => functionOf(root.name, node))
  .join("")}
if [ "$funcstack[1]" = "_${root.name}" ]; then
  _${root.name} "$@"
else
  compdef _${root.name} ${root.name}
fi
`;
