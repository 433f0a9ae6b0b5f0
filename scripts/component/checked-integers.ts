/**
 * jco's module takes any value as a number of 32 bits, as `>>> 0` does: what is no number is 0. For a capsule's floor
 * that is none, so a host whose number was lost would not notice. The module made here refuses such a value.
 */
export function withCheckedIntegers(text: string): string {
  const checked = text.replace(
    /function toUint32\((\w+)\)\{return \1>>>0\}/,
    (_, value: string) =>
      `function toUint32(${value}){if(${value}!==${value}>>>0)` +
      `throw TypeError("not a whole number of 32 bits: "+${value});return ${value}}`,
  );
  if (checked === text) throw new Error("jco's module makes numbers of 32 bits in another way");
  return checked;
}
