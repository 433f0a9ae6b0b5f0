/**
 * The completion script for bash 3.2 and later. Source:
 * https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html.
 */
import { type CommandNode, flatten, quoted } from "./tree.ts";

const words = (list: readonly string[]): string => quoted(list.join(" "));

const forms = (long: string, short: string | undefined): readonly string[] =>
  short === undefined ? [long] : [long, short];

export function bashScript(root: CommandNode): string {
  const nodes = flatten(root);
  const steps = nodes
    .filter(({ path }) => path !== "")
    .map(({ path }) => `      ${quoted(path)}) path=${quoted(path)} ;;`);
  const values = nodes.flatMap(({ path, flags }) =>
    flags
      .filter(({ takesValue }) => takesValue)
      .flatMap(({ long, short, choices }) =>
        forms(long, short).map((form) => `    ${quoted(`${path} ${form}`)}) values=${words(choices)}; takes=1 ;;`),
      ),
  );
  const lists = nodes.map(
    ({ path, flags, commands }) =>
      `    ${quoted(path)}) flags=${words(flags.flatMap(({ long, short }) => forms(long, short)))}; ` +
      `commands=${words(commands.map(({ name }) => name))} ;;`,
  );
  return `# bash completion for ${root.name}: source it, or put it into /etc/bash_completion.d
_${root.name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  local path='' word values='' takes='' flags='' commands='' index
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    case "$path $word" in
${steps.join("\n")}
    esac
  done
  case "$path $before" in
${values.join("\n")}
  esac
  case "$path" in
${lists.join("\n")}
  esac
  if [[ -n $takes && -n $values ]]; then
    COMPREPLY=($(compgen -W "$values" -- "$current"))
  elif [[ -n $takes ]]; then
    COMPREPLY=($(compgen -f -- "$current"))
  elif [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$current"))
  elif [[ -n $commands ]]; then
    COMPREPLY=($(compgen -W "$commands" -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -o bashdefault -o default -F _${root.name} ${root.name}
`;
}
