SELECT image, policy, state
FROM recheck
WHERE resource = ?
