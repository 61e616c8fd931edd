-- What notes the months of the rows that a statement writes, changes or deletes: those that they
-- counted for and those that they count for. A month is noted although it may be noted already: that
-- note may be forgotten, by whoever packs the month, before this statement is committed.

CREATE FUNCTION bitbucket_pulls_written() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO report_changes (of_table, month) SELECT DISTINCT 'bitbucket_pulls', substr(d.day, 1, 7)
            FROM new_rows r CROSS JOIN LATERAL (VALUES (r.created_on), (r.merged_on), (r.closed_on), (r.first_review_on)) d (day) WHERE d.day IS NOT NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO report_changes (of_table, month) SELECT DISTINCT 'bitbucket_pulls', substr(d.day, 1, 7)
            FROM old_rows r CROSS JOIN LATERAL (VALUES (r.created_on), (r.merged_on), (r.closed_on), (r.first_review_on)) d (day) WHERE d.day IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER bitbucket_pulls_added AFTER INSERT ON bitbucket_pulls REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION bitbucket_pulls_written();
CREATE TRIGGER bitbucket_pulls_changed AFTER UPDATE ON bitbucket_pulls REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION bitbucket_pulls_written();
CREATE TRIGGER bitbucket_pulls_deleted AFTER DELETE ON bitbucket_pulls REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION bitbucket_pulls_written();

CREATE FUNCTION bitbucket_reviews_written() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO report_changes (of_table, month) SELECT DISTINCT 'bitbucket_reviews', substr(d.day, 1, 7)
            FROM new_rows r CROSS JOIN LATERAL (VALUES (r.created_on)) d (day) WHERE d.day IS NOT NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO report_changes (of_table, month) SELECT DISTINCT 'bitbucket_reviews', substr(d.day, 1, 7)
            FROM old_rows r CROSS JOIN LATERAL (VALUES (r.created_on)) d (day) WHERE d.day IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER bitbucket_reviews_added AFTER INSERT ON bitbucket_reviews REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION bitbucket_reviews_written();
CREATE TRIGGER bitbucket_reviews_changed AFTER UPDATE ON bitbucket_reviews REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION bitbucket_reviews_written();
CREATE TRIGGER bitbucket_reviews_deleted AFTER DELETE ON bitbucket_reviews REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION bitbucket_reviews_written();

CREATE FUNCTION bitbucket_pipelines_written() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO report_changes (of_table, month) SELECT DISTINCT 'bitbucket_pipelines', substr(d.day, 1, 7)
            FROM new_rows r CROSS JOIN LATERAL (VALUES (r.created_on)) d (day) WHERE d.day IS NOT NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO report_changes (of_table, month) SELECT DISTINCT 'bitbucket_pipelines', substr(d.day, 1, 7)
            FROM old_rows r CROSS JOIN LATERAL (VALUES (r.created_on)) d (day) WHERE d.day IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER bitbucket_pipelines_added AFTER INSERT ON bitbucket_pipelines REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION bitbucket_pipelines_written();
CREATE TRIGGER bitbucket_pipelines_changed AFTER UPDATE ON bitbucket_pipelines REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION bitbucket_pipelines_written();
CREATE TRIGGER bitbucket_pipelines_deleted AFTER DELETE ON bitbucket_pipelines REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION bitbucket_pipelines_written();

CREATE FUNCTION deployment_pulls_written() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO report_changes (of_table, month) SELECT DISTINCT 'deployment_pulls', substr(d.day, 1, 7)
            FROM new_rows r CROSS JOIN LATERAL (VALUES (r.deployed_on)) d (day) WHERE d.day IS NOT NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO report_changes (of_table, month) SELECT DISTINCT 'deployment_pulls', substr(d.day, 1, 7)
            FROM old_rows r CROSS JOIN LATERAL (VALUES (r.deployed_on)) d (day) WHERE d.day IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER deployment_pulls_added AFTER INSERT ON deployment_pulls REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION deployment_pulls_written();
CREATE TRIGGER deployment_pulls_changed AFTER UPDATE ON deployment_pulls REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION deployment_pulls_written();
CREATE TRIGGER deployment_pulls_deleted AFTER DELETE ON deployment_pulls REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION deployment_pulls_written();

-- Compressing costs more than it saves: it is as narrow as it can be already.
ALTER TABLE report_columns ALTER COLUMN content SET STORAGE EXTERNAL;
