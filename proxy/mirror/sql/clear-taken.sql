DELETE FROM taken
WHERE kind NOT LIKE 'pin %'
