SELECT max(unixepoch(at))
FROM answer
