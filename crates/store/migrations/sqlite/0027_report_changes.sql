-- What notes the months of a row that is written, changed or deleted: those that it counted for and
-- those that it counts for. There is one writer at a time, so that a month need not be noted twice:
-- whoever packs it has forgotten the note before, or reads this row.

CREATE TRIGGER bitbucket_pulls_added AFTER INSERT ON bitbucket_pulls BEGIN
    INSERT INTO report_changes (of_table, month) SELECT 'bitbucket_pulls', substr(new.created_on, 1, 7)
        WHERE new.created_on IS NOT NULL AND NOT EXISTS (SELECT 1 FROM report_changes
            WHERE of_table = 'bitbucket_pulls' AND month = substr(new.created_on, 1, 7));
    INSERT INTO report_changes (of_table, month) SELECT 'bitbucket_pulls', substr(new.merged_on, 1, 7)
        WHERE new.merged_on IS NOT NULL AND NOT EXISTS (SELECT 1 FROM report_changes
            WHERE of_table = 'bitbucket_pulls' AND month = substr(new.merged_on, 1, 7));
    INSERT INTO report_changes (of_table, month) SELECT 'bitbucket_pulls', substr(new.closed_on, 1, 7)
        WHERE new.closed_on IS NOT NULL AND NOT EXISTS (SELECT 1 FROM report_changes
            WHERE of_table = 'bitbucket_pulls' AND month = substr(new.closed_on, 1, 7));
    INSERT INTO report_changes (of_table, month) SELECT 'bitbucket_pulls', substr(new.first_review_on, 1, 7)
        WHERE new.first_review_on IS NOT NULL AND NOT EXISTS (SELECT 1 FROM report_changes
            WHERE of_table = 'bitbucket_pulls' AND month = substr(new.first_review_on, 1, 7));
END;
CREATE TRIGGER bitbucket_pulls_changed AFTER UPDATE ON bitbucket_pulls BEGIN
    INSERT INTO report_changes (of_table, month) SELECT 'bitbucket_pulls', substr(new.created_on, 1, 7)
        WHERE new.created_on IS NOT NULL AND NOT EXISTS (SELECT 1 FROM report_changes
            WHERE of_table = 'bitbucket_pulls' AND month = substr(new.created_on, 1, 7));
    INSERT INTO report_changes (of_table, month) SELECT 'bitbucket_pulls', substr(old.created_on, 1, 7)
        WHERE old.created_on IS NOT NULL AND old.created_on IS NOT new.created_on AND NOT EXISTS (SELECT 1 FROM report_changes
            WHERE of_table = 'bitbucket_pulls' AND month = substr(old.created_on, 1, 7));
    INSERT INTO report_changes (of_table, month) SELECT 'bitbucket_pulls', substr(new.merged_on, 1, 7)
        WHERE new.merged_on IS NOT NULL AND NOT EXISTS (SELECT 1 FROM report_changes
            WHERE of_table = 'bitbucket_pulls' AND month = substr(new.merged_on, 1, 7));
    INSERT INTO report_changes (of_table, month) SELECT 'bitbucket_pulls', substr(old.merged_on, 1, 7)
        WHERE old.merged_on IS NOT NULL AND old.merged_on IS NOT new.merged_on AND NOT EXISTS (SELECT 1 FROM report_changes
            WHERE of_table = 'bitbucket_pulls' AND month = substr(old.merged_on, 1, 7));
    INSERT INTO report_changes (of_table, month) SELECT 'bitbucket_pulls', substr(new.closed_on, 1, 7)
        WHERE new.closed_on IS NOT NULL AND NOT EXISTS (SELECT 1 FROM report_changes
            WHERE of_table = 'bitbucket_pulls' AND month = substr(new.closed_on, 1, 7));
    INSERT INTO report_changes (of_table, month) SELECT 'bitbucket_pulls', substr(old.closed_on, 1, 7)
        WHERE old.closed_on IS NOT NULL AND old.closed_on IS NOT new.closed_on AND NOT EXISTS (SELECT 1 FROM report_changes
            WHERE of_table = 'bitbucket_pulls' AND month = substr(old.closed_on, 1, 7));
    INSERT INTO report_changes (of_table, month) SELECT 'bitbucket_pulls', substr(new.first_review_on, 1, 7)
        WHERE new.first_review_on IS NOT NULL AND NOT EXISTS (SELECT 1 FROM report_changes
            WHERE of_table = 'bitbucket_pulls' AND month = substr(new.first_review_on, 1, 7));
    INSERT INTO report_changes (of_table, month) SELECT 'bitbucket_pulls', substr(old.first_review_on, 1, 7)
        WHERE old.first_review_on IS NOT NULL AND old.first_review_on IS NOT new.first_review_on AND NOT EXISTS (SELECT 1 FROM report_changes
            WHERE of_table = 'bitbucket_pulls' AND month = substr(old.first_review_on, 1, 7));
END;
CREATE TRIGGER bitbucket_pulls_deleted AFTER DELETE ON bitbucket_pulls BEGIN
    INSERT INTO report_changes (of_table, month) SELECT 'bitbucket_pulls', substr(old.created_on, 1, 7)
        WHERE old.created_on IS NOT NULL AND NOT EXISTS (SELECT 1 FROM report_changes
            WHERE of_table = 'bitbucket_pulls' AND month = substr(old.created_on, 1, 7));
    INSERT INTO report_changes (of_table, month) SELECT 'bitbucket_pulls', substr(old.merged_on, 1, 7)
        WHERE old.merged_on IS NOT NULL AND NOT EXISTS (SELECT 1 FROM report_changes
            WHERE of_table = 'bitbucket_pulls' AND month = substr(old.merged_on, 1, 7));
    INSERT INTO report_changes (of_table, month) SELECT 'bitbucket_pulls', substr(old.closed_on, 1, 7)
        WHERE old.closed_on IS NOT NULL AND NOT EXISTS (SELECT 1 FROM report_changes
            WHERE of_table = 'bitbucket_pulls' AND month = substr(old.closed_on, 1, 7));
    INSERT INTO report_changes (of_table, month) SELECT 'bitbucket_pulls', substr(old.first_review_on, 1, 7)
        WHERE old.first_review_on IS NOT NULL AND NOT EXISTS (SELECT 1 FROM report_changes
            WHERE of_table = 'bitbucket_pulls' AND month = substr(old.first_review_on, 1, 7));
END;

CREATE TRIGGER bitbucket_reviews_added AFTER INSERT ON bitbucket_reviews BEGIN
    INSERT INTO report_changes (of_table, month) SELECT 'bitbucket_reviews', substr(new.created_on, 1, 7)
        WHERE new.created_on IS NOT NULL AND NOT EXISTS (SELECT 1 FROM report_changes
            WHERE of_table = 'bitbucket_reviews' AND month = substr(new.created_on, 1, 7));
END;
CREATE TRIGGER bitbucket_reviews_changed AFTER UPDATE ON bitbucket_reviews BEGIN
    INSERT INTO report_changes (of_table, month) SELECT 'bitbucket_reviews', substr(new.created_on, 1, 7)
        WHERE new.created_on IS NOT NULL AND NOT EXISTS (SELECT 1 FROM report_changes
            WHERE of_table = 'bitbucket_reviews' AND month = substr(new.created_on, 1, 7));
    INSERT INTO report_changes (of_table, month) SELECT 'bitbucket_reviews', substr(old.created_on, 1, 7)
        WHERE old.created_on IS NOT NULL AND old.created_on IS NOT new.created_on AND NOT EXISTS (SELECT 1 FROM report_changes
            WHERE of_table = 'bitbucket_reviews' AND month = substr(old.created_on, 1, 7));
END;
CREATE TRIGGER bitbucket_reviews_deleted AFTER DELETE ON bitbucket_reviews BEGIN
    INSERT INTO report_changes (of_table, month) SELECT 'bitbucket_reviews', substr(old.created_on, 1, 7)
        WHERE old.created_on IS NOT NULL AND NOT EXISTS (SELECT 1 FROM report_changes
            WHERE of_table = 'bitbucket_reviews' AND month = substr(old.created_on, 1, 7));
END;

CREATE TRIGGER bitbucket_pipelines_added AFTER INSERT ON bitbucket_pipelines BEGIN
    INSERT INTO report_changes (of_table, month) SELECT 'bitbucket_pipelines', substr(new.created_on, 1, 7)
        WHERE new.created_on IS NOT NULL AND NOT EXISTS (SELECT 1 FROM report_changes
            WHERE of_table = 'bitbucket_pipelines' AND month = substr(new.created_on, 1, 7));
END;
CREATE TRIGGER bitbucket_pipelines_changed AFTER UPDATE ON bitbucket_pipelines BEGIN
    INSERT INTO report_changes (of_table, month) SELECT 'bitbucket_pipelines', substr(new.created_on, 1, 7)
        WHERE new.created_on IS NOT NULL AND NOT EXISTS (SELECT 1 FROM report_changes
            WHERE of_table = 'bitbucket_pipelines' AND month = substr(new.created_on, 1, 7));
    INSERT INTO report_changes (of_table, month) SELECT 'bitbucket_pipelines', substr(old.created_on, 1, 7)
        WHERE old.created_on IS NOT NULL AND old.created_on IS NOT new.created_on AND NOT EXISTS (SELECT 1 FROM report_changes
            WHERE of_table = 'bitbucket_pipelines' AND month = substr(old.created_on, 1, 7));
END;
CREATE TRIGGER bitbucket_pipelines_deleted AFTER DELETE ON bitbucket_pipelines BEGIN
    INSERT INTO report_changes (of_table, month) SELECT 'bitbucket_pipelines', substr(old.created_on, 1, 7)
        WHERE old.created_on IS NOT NULL AND NOT EXISTS (SELECT 1 FROM report_changes
            WHERE of_table = 'bitbucket_pipelines' AND month = substr(old.created_on, 1, 7));
END;

CREATE TRIGGER deployment_pulls_added AFTER INSERT ON deployment_pulls BEGIN
    INSERT INTO report_changes (of_table, month) SELECT 'deployment_pulls', substr(new.deployed_on, 1, 7)
        WHERE new.deployed_on IS NOT NULL AND NOT EXISTS (SELECT 1 FROM report_changes
            WHERE of_table = 'deployment_pulls' AND month = substr(new.deployed_on, 1, 7));
END;
CREATE TRIGGER deployment_pulls_changed AFTER UPDATE ON deployment_pulls BEGIN
    INSERT INTO report_changes (of_table, month) SELECT 'deployment_pulls', substr(new.deployed_on, 1, 7)
        WHERE new.deployed_on IS NOT NULL AND NOT EXISTS (SELECT 1 FROM report_changes
            WHERE of_table = 'deployment_pulls' AND month = substr(new.deployed_on, 1, 7));
    INSERT INTO report_changes (of_table, month) SELECT 'deployment_pulls', substr(old.deployed_on, 1, 7)
        WHERE old.deployed_on IS NOT NULL AND old.deployed_on IS NOT new.deployed_on AND NOT EXISTS (SELECT 1 FROM report_changes
            WHERE of_table = 'deployment_pulls' AND month = substr(old.deployed_on, 1, 7));
END;
CREATE TRIGGER deployment_pulls_deleted AFTER DELETE ON deployment_pulls BEGIN
    INSERT INTO report_changes (of_table, month) SELECT 'deployment_pulls', substr(old.deployed_on, 1, 7)
        WHERE old.deployed_on IS NOT NULL AND NOT EXISTS (SELECT 1 FROM report_changes
            WHERE of_table = 'deployment_pulls' AND month = substr(old.deployed_on, 1, 7));
END;
