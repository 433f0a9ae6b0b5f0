/**
 * An archive of the oldest form, without a zero byte: it is text in UTF-8, and readers of archives unpack it. Source:
 * https://www.gnu.org/software/tar/manual/html_node/Standard.html.
 */
const block = 512;

export function textArchive(name: string, content: string): Uint8Array {
  const body = content.padEnd(Math.ceil(content.length / block) * block, "\n");
  const size = body.length.toString(8).padStart(11, "0");
  const header = (sum: string): string =>
    `${`./${"/".repeat(98 - name.length)}${name}`}0000755 0000000 0000000 ${size} 00000000001 ${sum}0`.padEnd(block);
  const sum = Buffer.from(header(" ".repeat(8))).reduce((total, byte) => total + byte, 0);
  return Buffer.from(header(`${sum.toString(8).padStart(6, "0")}  `) + body);
}
