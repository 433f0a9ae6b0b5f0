import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  addQuantities,
  compareQuantity,
  divideQuantities,
  formatQuantity,
  integerQuantity,
  multiplyQuantities,
  parseQuantity,
  type Quantity,
  quantityToNumber,
  subtractQuantities,
} from "../../../../core/kyverno/quantity/quantity.ts";
import { onlyEngineErrors, throwsCode } from "../../../support/assert.ts";

const test = suite("core/kyverno/quantity/quantity");

const read = (text: string): Quantity => {
  const quantity = parseQuantity(text);
  if (quantity === undefined) throw new Error(`not a quantity: ${text}`);
  return quantity;
};

test("canonical text uses the largest suffix without a fraction", () => {
  for (const [text, canonical] of [
    ["1.25", "1250m"],
    ["0.1", "100m"],
    ["1000", "1k"],
    ["1024", "1024"],
    ["1.5Gi", "1536Mi"],
    ["0.5Ki", "512"],
    ["1e3", "1e3"],
    ["12e6", "12e6"],
    ["10e4", "100e3"],
    ["1e-1", "100e-3"],
    ["+5", "5"],
    ["5.", "5"],
    [".5", "500m"],
    ["-0", "0"],
    ["+", "0"],
    ["Mi", "0"],
    ["1E", "1E"],
    ["100u", "100u"],
    ["18446744073709551616", "18446744073709551616"],
    ["1.0Ki", "1Ki"],
    ["1500Mi", "1500Mi"],
  ] as const) {
    assert.is(formatQuantity(read(text)), canonical, text);
  }
});

test("what is not a quantity", () => {
  for (const text of [
    "",
    "1e",
    "1.2.3",
    "--1",
    "0x10",
    "1_000",
    "Inf",
    "NaN",
    "5 Mi",
    "1h",
    "90min",
    "Ei",
    "kiwi",
    "1mi",
    "1KiB",
    "e3x",
    "١",
  ])
    assert.is(parseQuantity(text), undefined, text);
});

test("less than a nano rounds away from zero, binary stops at 63 bits", () => {
  assert.is(formatQuantity(read("1e-12")), "1e-9");
  assert.is(formatQuantity(read("0.0000000001")), "1n");
  assert.is(formatQuantity(read("-0.0000000001")), "-1n");
  assert.is(formatQuantity(read("9Ei")), "9223372036854775807");
});

test("comparison ignores the form", () => {
  assert.is(compareQuantity(read("1Gi"), read("1024Mi")), 0);
  assert.is(compareQuantity(read("1.0"), read("1")), 0);
  assert.is(compareQuantity(read("10"), read("2m")), 1);
  assert.is(compareQuantity(read("1.2"), read("1.10")), 1);
  assert.is(compareQuantity(read("-1"), read("0")), -1);
});

test("sums keep the left format, unless the left is zero", () => {
  assert.is(formatQuantity(addQuantities(read("1e-3"), read("3M"))), "3000000001e-3");
  assert.is(formatQuantity(addQuantities(read("1.5Gi"), read("1Ti"))), "1050112Mi");
  assert.is(formatQuantity(subtractQuantities(read("0"), read("12e6"))), "-12e6");
  assert.is(formatQuantity(subtractQuantities(read("0.5Ki"), read("-2Ki"))), "2560");
  assert.is(formatQuantity(subtractQuantities(read("3M"), read("0.1"))), "2999999900m");
});

test("products and quotients", () => {
  assert.is(formatQuantity(multiplyQuantities(read("10Mi"), read("1e15"))), "9765625000000Gi");
  assert.is(formatQuantity(divideQuantities(read("1Gi"), read("3"))), "357913941");
  assert.is(formatQuantity(divideQuantities(read("1.50"), read("2"))), "750m");
  assert.is(formatQuantity(divideQuantities(read("1"), read("3"))), "0");
  assert.is(formatQuantity(divideQuantities(read("-1"), read("0.3"))), "-3300m");
  assert.is(quantityToNumber(read("100u")), 100 * 1e-6);
  assert.is(quantityToNumber(read("1.25")), 1.25);
  assert.is(formatQuantity(integerQuantity(824n, "binary")), "824");
});

test("size is bounded", () => {
  throwsCode("over-limit", () => parseQuantity("9".repeat(1001)));
  throwsCode("over-limit", () => parseQuantity("1e99999"));
  throwsCode("over-limit", () => parseQuantity(`1e${"9".repeat(400)}`));
  assert.is(parseQuantity("a".repeat(100_000)), undefined);
});

test("every cut of a long text is a quantity, none, or a bound", () => {
  const text = `-${"12345".repeat(210)}.5Gi`;
  for (let end = 0; end <= text.length; end += 7) onlyEngineErrors(() => parseQuantity(text.slice(0, end)));
});

test("a long text of digits is refused at once, whatever follows them", () => {
  for (const digits of ["0", "1", "0.0", "1.1"])
    for (const end of ["x", "1x", "+-", ".."]) assert.is(parseQuantity(digits.repeat(200_000) + end), undefined);
});

test.run();
