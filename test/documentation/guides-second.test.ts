/** The second share of the guides. */
import { suite } from "uvu";
import { testGuides } from "./test-guides.ts";

const test = suite("documentation/guides-second");
testGuides(test, 1);
test.run();
