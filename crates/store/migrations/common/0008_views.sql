-- Which text the views were made from: a digest, in one row. They are made anew when it differs.

CREATE TABLE schema_views (digest TEXT NOT NULL);
