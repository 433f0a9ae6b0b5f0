import { suite } from "uvu";
import * as assert from "uvu/assert";
import { killSyncs } from "../../support/killed-syncs.ts";

const test = suite("proxy/sync/kill");

test("kill -9 at 50 random moments of a sync loses nothing that was reported as stored", async () => {
  const { killed, stored } = await killSyncs(50);
  assert.ok(killed >= 25, `${killed} were killed before they ended`);
  assert.ok(stored > 0);
});

test.run();
