-- Schema 14. Rows that archives brought and that operators took away: an archive that comes again does not bring them
-- again. No part of the content.
CREATE TABLE taken (
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (kind, key, digest)
) WITHOUT ROWID;

-- What is gone now was taken away last by the removals in the records of the runs.
WITH
  removal (kind, removed) AS (
    SELECT run.kind, removed.value
    FROM run
    JOIN json_each(CASE WHEN json_valid(run.summary) THEN run.summary ELSE '{}' END, '$.removed') AS removed
    WHERE run.kind IN ('pins rm', 'unpin-key', 'distrust rm') AND removed.type = 'object'
  )
INSERT OR IGNORE INTO taken
SELECT imported.kind, imported.key, imported.digest
FROM removal
JOIN imported
  ON imported.kind = 'pin ' || (removal.removed ->> '$.kind') AND imported.key = removal.removed ->> '$.name'
WHERE removal.kind <> 'distrust rm'
  AND NOT EXISTS (
    SELECT 1
    FROM pin
    WHERE 'pin ' || pin.kind = imported.kind AND pin.name = imported.key
  )
UNION ALL
SELECT imported.kind, imported.key, imported.digest
FROM removal
JOIN imported ON imported.kind = 'distrust' AND imported.digest = removal.removed ->> '$.digest'
WHERE removal.kind = 'distrust rm' AND imported.digest NOT IN (SELECT digest FROM distrust);
