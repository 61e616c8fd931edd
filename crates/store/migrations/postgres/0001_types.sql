-- Two names that SQLite knows already, so that the schema itself is one text.
-- `key_text` sorts by bytes whatever the database's collation is, as SQLite does.
CREATE DOMAIN datetime AS timestamptz;
CREATE DOMAIN key_text AS text COLLATE "C";
