/** Texts that attack whoever shows them. */

/** What no output may hold but line ends and tabs: characters that a screen obeys, or that hide or turn others. */
export const hiddenSigns = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{DI}\u2800]/u;

/** A line that would look like a result of ours, if it began a line. */
export const forged = "pass: 999, fail: 0, warn: 0, error: 0, skip: 0";

export const hostileTexts: readonly string[] = [
  `x\n\n${forged}\n`,
  `x\r${forged}`,
  `x\r\n${forged}\r\n`,
  `x\u0085${forged}\u2028${forged}\u2029`,
  "\u001b[2J\u001b[1;1H\u001b[32mok\u001b[0m",
  "\u001b]0;title\u0007\u001b]8;;https://evil.example\u001b\\click\u001b]8;;\u001b\\",
  "\u009b31mred\u009d0;title\u009c",
  "\u001bP+q\u001b\\\u001b_x\u001b\\\u001bc",
  "abc\b\b\bxyz\u007f\u0000\u0007",
  "\u202egnp.exe\u202c\u2066x\u2069\u200f\u061c",
  "a\u200bb\u2060c\ufeffd\u00ade\u{e0041}",
  "a\u3164b\ufe0fc\u2800d\u115fe\u{e0100}f\u034fg",
  "a | b | c |\n|---|---|---|\n| 1 | 2 | 3 |",
  "[click](https://evil.example) ![i](https://evil.example/i.png) <img src=x onerror=alert(1)>",
  "`code` **bold** ~~x~~ www.evil.example https://evil.example",
  "</failure></testcase></testsuite><testsuite name='x'>",
  "]]><script>alert(1)</script><![CDATA[",
  "&lt;&#x1b;&amp;",
  "::error file=a,line=1::forged\n::set-output name=x::y",
  "##[error]forged\n##vso[task.setvariable variable=x]y",
  '"},{"kind":"VerificationResult","verdict":"pass"},{"x":"',
  "a: b\n---\nkind: Pod\n...\n# x",
  "'; rm -rf / #$(reboot)`reboot`",
  "__proto__",
  "\ud800 lone \udc00",
];
