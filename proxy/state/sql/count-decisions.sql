SELECT count(*)
FROM decision
