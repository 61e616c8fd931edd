//! The statements of people, the accounts that are theirs, and teams.

statements! {
    /// What new accounts are, as far as Bitbucket says it; who came to be known as a program's account
    /// later as well, unless somebody has said what it is.
    CLASSIFY_NEW_ACCOUNTS = "UPDATE bitbucket_users SET
            type = CASE WHEN account_type = 'app_user' THEN 'bot' ELSE 'human' END,
            bot = COALESCE(account_type = 'app_user', FALSE)
        WHERE id IN {ids$1} AND (type IS NULL OR (type = 'human' AND account_type = 'app_user'
            AND NOT EXISTS (SELECT 1 FROM account_type_decisions d WHERE d.source_account = bitbucket_users.source_id)))";
    /// Every pull request that some accounts opened or had a part in has to be measured.
    MARK_UNMEASURED_OF_ACCOUNTS = "INSERT INTO sync_unmeasured (repository_id, pull_id)
        SELECT p.repository_id, p.id FROM bitbucket_pulls p WHERE p.id IN (
            SELECT id FROM bitbucket_pulls WHERE user_id IN {ids$1}
            UNION SELECT pull_id FROM bitbucket_pull_reviewers WHERE user_id IN {ids$1}
            UNION SELECT pull_id FROM bitbucket_pull_comments WHERE user_id IN {ids$1} AND pull_id IS NOT NULL
            UNION SELECT pull_id FROM bitbucket_pull_events WHERE user_id IN {ids$1}
            UNION SELECT pull_id FROM bitbucket_reviews WHERE user_id IN {ids$1})
        ON CONFLICT (repository_id, pull_id) DO NOTHING";
}
