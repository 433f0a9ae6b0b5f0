import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toSizeText } from "../../../cli/render/size.ts";

const test = suite("cli/render/size");

test("the largest unit that leaves a number above one, two digits", () => {
  const sizes: readonly (readonly [number | undefined, string])[] = [
    [undefined, "-"],
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.0 KiB"],
    [1434, "1.4 KiB"],
    [10 * 1024, "10 KiB"],
    [1024 * 1024 - 1, "1.0 MiB"],
    [81.4 * 1024 ** 2, "81 MiB"],
    [1.8 * 1024 ** 4, "1.8 TiB"],
    [4096 * 1024 ** 4, "4096 TiB"],
  ];
  for (const [bytes, text] of sizes) assert.is(toSizeText(bytes), text);
});

test.run();
