SELECT group_concat(coalesce(length(bytes), '') ORDER BY key)
FROM json_each(?)
LEFT JOIN blob ON digest = value
