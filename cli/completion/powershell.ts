/**
 * The completion script for PowerShell. Source:
 * https://learn.microsoft.com/powershell/module/microsoft.powershell.core/register-argumentcompleter.
 */
import { type CommandNode, flatten } from "./tree.ts";

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const list = (texts: readonly string[]): string => `@(${texts.map(quote).join(", ")})`;

export function powershellScript(root: CommandNode): string {
  const { name } = root;
  const nodes = flatten(root);
  const rows = nodes.map(({ path, flags, commands }) => {
    const forms = flags.flatMap(({ long, short }) => (short === undefined ? [long] : [long, short]));
    return `    ${quote(path)} = ${list([...commands.map((sub) => sub.name), ...forms])}`;
  });
  const values = nodes.flatMap(({ path, flags }) =>
    flags
      .filter(({ choices }) => choices.length > 0)
      .map(({ long, choices }) => `    ${quote(`${path} ${long}`)} = ${list(choices)}`),
  );
  return `# PowerShell completion for ${name}: add it to $PROFILE
Register-ArgumentCompleter -Native -CommandName ${quote(name)} -ScriptBlock {
  param($word, $line, $position)
  $lists = @{
${rows.join("\n")}
  }
  $values = @{
${values.join("\n")}
  }
  $path = ''
  $before = ''
  $typed = $line.CommandElements | Where-Object { $_.Extent.EndOffset -lt $position } | Select-Object -Skip 1
  foreach ($element in $typed) {
    $before = $element.ToString()
    if ($lists.ContainsKey("$path $before")) { $path = "$path $before" }
  }
  $found = if ($values.ContainsKey("$path $before")) { $values["$path $before"] } else { $lists[$path] }
  $found | Where-Object { $_ -like "$word*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`;
}
