/** A strict reader for the XML that the program writes: elements, attributes, text and references. */

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Everything between the tags, references resolved. */
  readonly text: string;
  readonly children: readonly XmlElement[];
}

const characters = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;
const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function resolve(text: string): string {
  return text.replace(/&([^;]*);?/g, (whole, name: string) => {
    const decimal = /^#(\d+)$/.exec(name)?.[1];
    const character = decimal === undefined ? named[name] : String.fromCodePoint(Number(decimal));
    if (character === undefined || !whole.endsWith(";")) throw new Error(`not a reference: ${whole}`);
    if (!characters.test(character)) throw new Error(`a reference to what XML 1.0 cannot hold: ${whole}`);
    return character;
  });
}

/** What an attribute's white space becomes for a reader. */
const normalized = (text: string): string => resolve(text.replace(/[\t\n\r]/g, " "));

/** @throws Error where the text is not well-formed XML 1.0 of this small kind. */
export function parseXml(source: string): XmlElement {
  if (!characters.test(source)) throw new Error("a character that XML 1.0 cannot hold");
  const declaration = '<?xml version="1.0" encoding="UTF-8"?>';
  if (!source.startsWith(declaration)) throw new Error("no declaration");
  let at = declaration.length;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    const sticky = new RegExp(pattern.source, "sy");
    sticky.lastIndex = at;
    const found = sticky.exec(source) ?? undefined;
    if (found !== undefined) at = sticky.lastIndex;
    return found;
  };
  const element = (): XmlElement => {
    const name = take(/<([A-Za-z-]+)/)?.[1];
    if (name === undefined) throw new Error(`no element at ${source.slice(at, at + 20)}`);
    const attributes: Record<string, string> = {};
    for (
      let found = take(/\s+([A-Za-z-]+)="([^"<]*)"/);
      found !== undefined;
      found = take(/\s+([A-Za-z-]+)="([^"<]*)"/)
    ) {
      const [, key = "", value = ""] = found;
      if (Object.hasOwn(attributes, key)) throw new Error(`${key} is given twice`);
      attributes[key] = normalized(value);
    }
    if (take(/>/) === undefined) throw new Error(`${name} has no end of its tag`);
    const children: XmlElement[] = [];
    let text = "";
    while (take(new RegExp(`</${name}>`)) === undefined) {
      const plain = take(/[^<]+/)?.[0];
      if (plain === undefined) children.push(element());
      else text += resolve(plain.replace(/\r\n?/g, "\n"));
    }
    return { name, attributes, text, children };
  };
  take(/\s*/);
  const root = element();
  take(/\s*/);
  if (at !== source.length) throw new Error("text behind the root");
  return root;
}
