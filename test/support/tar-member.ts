/**
 * Members of tar archives, with whatever their headers say.
 * Source: https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html ("ustar Interchange Format").
 */

export interface TarMember {
  readonly name: string;
  readonly type?: string;
  /** As it stands in the header. */
  readonly size?: string;
  readonly link?: string;
  readonly body?: Uint8Array;
  readonly magic?: string;
}

const block = 512;

/** A long name gets the prefix of ustar. */
function nameAndPrefix(name: string): readonly [name: string, prefix: string] {
  if (name.length <= 100) return [name, ""];
  const at = name.indexOf("/", name.length - 101);
  return [name.slice(at + 1), name.slice(0, at)];
}

export function tarMember({ name, type = "0", link = "", body = new Uint8Array(0), size, magic }: TarMember): Buffer {
  const header = Buffer.alloc(block);
  const [own, prefix] = nameAndPrefix(name);
  header.write(own.slice(0, 100), 0);
  header.write("0000644\0", 100);
  header.write(`${size ?? body.length.toString(8).padStart(11, "0")}\0`.slice(0, 12), 124, "latin1");
  header.write("00000000000\0", 136);
  header.write("        ", 148);
  header.write(type, 156);
  header.write(link.slice(0, 100), 157);
  header.write(magic ?? "ustar\u000000", 257, "latin1");
  header.write(prefix, 345);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  const padded = Buffer.alloc(Math.ceil(body.length / block) * block);
  padded.set(body);
  return Buffer.concat([header, padded]);
}
