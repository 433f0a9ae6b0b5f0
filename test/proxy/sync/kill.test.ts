import { suite } from "uvu";
import * as assert from "uvu/assert";
import { killSyncs } from "../../support/killed-syncs.ts";

const test = suite("proxy/sync/kill");

test("kill -9 at random moments of 12 syncs loses nothing that was reported as stored", async () => {
  const { killed, stored } = await killSyncs(12);
  // On a quick machine many end before their moment.
  assert.ok(killed >= 2, `${killed} were killed before they ended`);
  assert.ok(stored > 0);
});

test.run();
