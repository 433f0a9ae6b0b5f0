SELECT policy, state
FROM recheck
WHERE image = ? AND resource = ?
