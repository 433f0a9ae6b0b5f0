SELECT total(length(record))
FROM decision
