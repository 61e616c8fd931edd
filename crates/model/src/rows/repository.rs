//! Workspaces, projects and repositories.

use super::table;
use crate::{Id, Instant};

table! {
    /// A Bitbucket workspace: the first part of every repository's address.
    WorkspaceRow is "bitbucket_workspaces", newest by ObservedAt, from "GET /workspaces/{workspace}" {
        Key source_id: String, "", "uuid", "Bitbucket's UUID, in braces.";
        Content slug: String, "", "slug", "The name in addresses.";
        Content name: String, "", "name", "The name that people see.";
        Content private: bool, "", "is_private", "Whether only members see it.";
        Content source_url: String, "", "links.html", "Its page in Bitbucket.";
        Content created_at: Instant, "", "created_on", "When it was created.";
    }
    derived {}
}

table! {
    /// A Bitbucket project: a group of repositories within a workspace. Read from the repositories
    /// that name it, since the listing of projects needs a scope that is not asked for.
    ProjectRow is "bitbucket_projects", newest by ObservedAt, from "GET /repositories/{workspace} (project)" {
        Key source_id: String, "", "uuid", "Bitbucket's UUID, in braces.";
        Content workspace_id: Id, "", "workspace.uuid", "The workspace (`bitbucket_workspaces.id`).";
        Content key: String, "", "key", "The short key in addresses.";
        Content name: String, "", "name", "The name that people see.";
        Content source_url: String, "", "links.html", "Its page in Bitbucket.";
    }
    derived {}
}

table! {
    /// A repository: its properties, never its content.
    RepositoryRow is "bitbucket_repositories", newest by SourceUpdatedAt, from "GET /repositories/{workspace}" {
        Key source_id: String, "", "uuid", "Bitbucket's UUID, in braces; it survives a rename.";
        Content workspace_id: Id, "", "workspace.uuid", "The workspace (`bitbucket_workspaces.id`).";
        Content project_id: Id, "", "project.uuid", "The project (`bitbucket_projects.id`).";
        Content name: String, "", "name", "The name that people see.";
        Content slug: String, "", "slug", "The last part of its address.";
        Content full_name: String, "", "full_name", "Workspace and slug, as `workspace/repository`.";
        Content private: bool, "", "is_private", "Whether it is hidden from the public.";
        Content default_branch: String, "", "mainbranch.name", "The default branch; NULL in an empty repository.";
        Content language: String, "", "language", "The language that its owner chose; NULL when none.";
        Content size: i64, "bytes", "size", "The size that Bitbucket reports.";
        Content parent_source_id: String, "", "parent.uuid", "The UUID of the repository that it was forked from.";
        Content source_url: String, "", "links.html", "Its page in Bitbucket.";
        Content created_at: Instant, "", "created_on", "When it was created.";
        Content updated_at: Instant, "", "updated_on", "When Bitbucket last changed its record.";
        Content source_updated_at: Instant, "", "updated_on", "Decides which of two versions is the newer.";
    }
    derived {
        deleted_at: Instant, "", "a complete listing without it, and a 404", "When it was found to be gone; NULL while it is there.";
    }
}
