/**
 * Words that YAML texts are made of, those that readers are known to read differently before all. Source: YAML 1.1 and
 * 1.2; docs/spec/kyverno.md#checks-at-load.
 */

/** Written in lines, since a word a line would be hundreds. */
const listed = (...lines: readonly string[]): readonly string[] => lines.join("¦").split("¦");

export const plainWords = listed(
  "a¦b¦kind¦image¦name¦a b¦nginx:1.27¦ghcr.io/org/app:v1@sha256:0a¦http://x/y?z=1#w¦a-b¦--flag=x¦-1¦1¦0¦007¦0644",
  "08¦0x1F¦0X1f¦0o17¦0O17¦0b101¦-0b1¦1_000¦_1¦+1¦-0¦1.0¦1.¦.5¦-.5¦+.5e1¦1e3¦1E+3¦1e400¦1e-400¦.1_0¦12e03",
  "9007199254740993¦9223372036854775807¦9223372036854775808¦18446744073709551615¦18446744073709551616",
  "-9223372036854775808¦-9223372036854775809¦0x8000000000000000¦123456789012345678901234567890¦1:30¦190:20:30.15",
  "2001-01-01¦2001-12-14T21:59:43.10-05:00¦2001-1-1 1:1:1¦yes¦Yes¦yEs¦no¦on¦Off¦y¦N¦true¦True¦FALSE¦null¦Null",
  "nULL¦~¦.inf¦-.INF¦.NaN¦.nan¦Infinity¦NaN¦=¦<<¦<<<¦a'b¦a\"b¦a\\b¦a&b¦a*b¦a!b¦a%b¦a@b¦a`b¦a|b¦a>b¦a,b¦a]b¦a}b",
  "a{b¦a[b¦a#b¦a:b¦a::b¦:a¦?a¦a?¦a?b¦%a¦@a¦é¦日本¦\u{1f600}¦a\u00a0b¦\u3000¦---a¦...a¦a\tb¦a  b¦-¦- a¦? a¦..¦.¦/",
  "1.2.3¦v1¦0.1.0-rc1¦1,000¦0x¦0b¦0o8¦1__0¦0_7¦+0x1¦-0o7¦1e¦e1¦1e1.5¦0.0¦-0.0¦1.10¦100000000000000000000¦1e21",
  "00000000000000000000000000000000000000000000000000000000000000000000000017¦0x0000000000000000000000000000001F",
  "11111111111111111111111111111111111111111111111111111111111111111111111111111111¦1e20¦1e6¦1000000.0¦1.5e7¦16777217.0¦1e-5¦-1e6¦123456.7¦0.00001¦1e300¦._1¦1._5¦.5e1_0",
);

export const quotedWords = listed(
  '\'a\'¦"a"¦\'a b\'¦\'it\'\'s\'¦\'\'¦""¦"a\\nb"¦"\\x41"¦"\\u0041"¦"\\U0001F600"¦"\\ud83d\\ude00"¦"\\ud800"',
  '"\\/"¦"\\t"¦"\\0"¦"\\a"¦"\\b"¦"\\e"¦"\\f"¦"\\v"¦"\\r"¦"\\N"¦"\\_"¦"\\L"¦"\\P"',
  '"\\ "¦"\\\\"¦"\\""¦\'<<\'¦"<<"¦\'yes\'¦"1"¦\'~\'¦"a: b"¦\'a # b\'¦"{"¦\'- a\'¦"a\tb"¦\' a \'¦" a "',
  '\'a\n  b\'¦"a\n  b"¦"a \\\n  b"¦"a\\\n\n  b"¦"a\n\n  b"¦\'a  \n   b\'¦"a\t\n  b"¦"\n  a\n  "¦"\\q"',
  '"\\x4"¦\'---\'¦"it\'s"¦"\\u2028"¦"\\ufeff"',
);

export const tags = listed(
  "!!str¦!!int¦!!bool¦!!null¦!!float¦!!map¦!!seq¦!!binary¦!!merge¦!x¦!¦!<!x>¦!<tag:yaml.org,2002:str>¦!!timestamp",
  "!!set¦!!omap¦!!value",
);

export const headers = listed("|¦>¦|-¦>-¦|+¦>+¦|2¦>1-¦|+3¦| # c¦|-\t¦|0¦|1");

export const blockLines = listed("a¦ b¦  c¦¦c: d¦# x¦- e¦\tf¦g ¦   ¦ ¦é¦'¦a\tb¦key: |");

export const ends = listed("¦¦¦¦¦ # c¦#c¦ ¦\t¦\t# c¦  #¦ #");

export const jsonStrings = listed(
  'a¦¦\\n¦\\/¦\\u0041¦\\ud83d\\ude00¦\\ud800¦\\u2028¦é¦<<¦\\b\\f\\r\\t¦a b¦{{ x }}¦\u007f¦\t¦---¦\\\\¦\\"¦*a¦&b',
  "yes¦1¦a: b¦# c¦\\u0000¦\u2028¦\u00a0",
);

export const jsonScalars = listed("1¦-0¦1.0¦1e3¦1E-2¦true¦false¦null¦9223372036854775808¦0.1¦-1¦1e400¦01¦yes");

export const pieces = listed(
  "\n¦\r¦\r\n¦\u0085¦\u2028¦\u2029¦\t¦ ¦  ¦    ¦#¦ # ¦\n# c\n¦: ¦:¦- ¦-¦---¦\n---\n¦\n--- \n¦\n--- # c\n",
  "\n---\t\n¦\n--- {image: evil}\n¦\n...\n¦\n... \n¦%YAML 1.1\n¦%YAML 1.2\n---\n¦%TAG ! tag:x,2000:\n---\n¦&a ¦*a",
  '*x¦&x ¦<<: ¦<<: *x\n¦"<<": ¦!!str ¦!!binary ¦!!null ¦!!int ¦!!bool ¦!!map ¦!!seq ¦!!merge ¦!!float ¦!foo ¦! ',
  "!<tag:yaml.org,2002:str> ¦{¦}¦[¦]¦,¦? ¦?¦|¦>¦|-\n¦>+\n¦|2\n¦|1-\n¦'¦\"¦\\n¦\\¦\\u0041¦\\x41¦\\/¦\\N¦\\L¦\\\n¦~",
  "null¦yes¦on¦y¦n¦True¦0o17¦017¦0b1¦1_000¦1e3¦.5¦+1¦-0¦.inf¦.nan¦1:30¦2001-01-01¦0x1F¦@¦`¦image: evil\n",
  "\n  image: evil\n¦kind: Pod\n¦items:\n- a: b\n¦\ufeff¦\u00a0¦\u3000¦é¦\u{1f600}¦\u007f¦\u200b¦\u000b¦\f¦''",
  '""¦\n\n¦- - ¦? ? ¦: : ¦key¦a¦=¦\n  ¦\n    ¦\n ¦\u0000',
);
