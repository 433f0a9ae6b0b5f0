INSERT INTO temp.arrived_manifest
SELECT repository, subject
FROM answer
WHERE kind = 'manifest' AND state = 'present' AND repository IS NOT NULL AND length(subject) = 71
