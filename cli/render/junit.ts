/**
 * JUnit XML as Kyverno's command line writes it. Differs: Kyverno does not close failures; this is well-formed.
 */

export interface JunitCase {
  readonly suite: string;
  readonly classname: string;
  readonly name: string;
  /** Why the case failed; absent: it passed. */
  readonly failure?: string;
  readonly lines: readonly (readonly [name: string, value: string])[];
}

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};
/** Characters that XML 1.0 does not allow become U+FFFD. */
const unwritable =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that XML does not have.
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const plain = (text: string): string => text.replace(unwritable, "\ufffd");
const attribute = (text: string): string =>
  plain(text).replace(/[&<>"']/g, (character) => escapes[character] ?? character);

function renderCase({ classname, name, failure, lines }: JunitCase): string {
  const body = lines.map(([key, value]) => `    ${key}: ${plain(value)}\n`).join("");
  const open = `  <testcase classname="${attribute(classname)}" name="${attribute(name)}">\n`;
  if (failure !== undefined)
    return `${open}   <failure message="${attribute(failure)}">\n${attribute(body)}   </failure>\n  </testcase>\n`;
  return (
    `${open}   <system-out><![CDATA[\n` +
    `${body.replaceAll("]]>", "]]]]><![CDATA[>")}   ]]></system-out>\n` +
    "  </testcase>\n"
  );
}

export function renderJunit(cases: readonly JunitCase[]): string {
  const failures = (list: readonly JunitCase[]): number => list.filter(({ failure }) => failure !== undefined).length;
  const suites = [...new Set(cases.map(({ suite }) => suite))].map((suite) => {
    const own = cases.filter((entry) => entry.suite === suite);
    return (
      ` <testsuite name="${attribute(suite)}" tests="${own.length}" failures="${failures(own)}">\n` +
      `${own.map(renderCase).join("")} </testsuite>\n`
    );
  });
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<testsuites tests="${cases.length}" failures="${failures(cases)}">\n` +
    `${suites.join("")}</testsuites>\n`
  );
}
