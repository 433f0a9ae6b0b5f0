/** The third share of the guides. */
import { suite } from "uvu";
import { testGuides } from "./test-guides.ts";

const test = suite("documentation/guides-third");
testGuides(test, 2);
test.run();
