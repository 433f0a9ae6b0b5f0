SELECT repository, subject AS digest
FROM answer
WHERE kind = 'referrers' AND state = 'present'
UNION
SELECT repository, 'sha256:' || substr(subject, 8, 64)
FROM answer
WHERE kind = 'tag' AND state = 'present' AND (subject GLOB 'sha256-*.sig' OR subject GLOB 'sha256-*.att')
