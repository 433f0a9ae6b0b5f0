/** The fourth share of the guides. */
import { suite } from "uvu";
import { testGuides } from "./test-guides.ts";

const test = suite("documentation/guides-fourth");
testGuides(test, 3);
test.run();
