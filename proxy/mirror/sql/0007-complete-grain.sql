-- Schema 7. Claims of completeness have a grain, which follows from the scope: `ghcr.io` is a host, `ghcr.io/org/app` a
-- repository, `ghcr.io/org/app@sha256:…` an image. A new fact ends the claims that it contradicts.
ALTER TABLE complete ADD COLUMN grain TEXT GENERATED ALWAYS AS (
  CASE WHEN instr(scope, '@') > 0 THEN 'image' WHEN instr(scope, '/') > 0 THEN 'repository' ELSE 'host' END
) VIRTUAL;

-- Until now nothing ended a claim. One stays what it said, about a repository or a host, if all that is there came with
-- it. What came from elsewhere may have contradicted it; then it is gone, and what is not there is unknown.
DELETE FROM complete
WHERE EXISTS (
  SELECT 1
  FROM answer
  WHERE answer.kind IN ('tag', 'manifest', 'referrers')
    AND answer.state = 'present'
    AND (
      answer.repository = complete.scope
      OR substr(answer.repository, 1, instr(answer.repository, '/') - 1) = complete.scope
    )
    AND (answer.at <> complete.at OR answer.source <> complete.source)
);
