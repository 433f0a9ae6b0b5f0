-- The request of a resource of which no entry is left. All of them are not gone through: the list may be long.
DELETE FROM admitted
WHERE resource = ? AND NOT EXISTS (
  SELECT *
  FROM recheck
  WHERE recheck.resource = admitted.resource
)
