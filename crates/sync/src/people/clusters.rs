//! Accounts that are one person's, put together step by step.

use std::collections::{BTreeMap, BTreeSet};

use model::{Id, Instant};
use store::{IdentitySource, MatchedBy};

/// An account, or an address that somebody has spoken of.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) source: IdentitySource,
    pub(super) row: Option<Id>,
    pub(super) account: String,
    /// The Atlassian account that it is, where that is told.
    pub(super) atlassian_id: Option<String>,
    /// Whose it is by somebody's word.
    pub(super) pinned: Option<i64>,
    /// Whose it is not, by somebody's word.
    pub(super) forbidden: BTreeSet<i64>,
    /// Whose it was at the last match, and since when.
    pub(super) anchor: Option<(i64, Instant)>,
    /// By what it was put together with others.
    pub(super) reason: Option<MatchedBy>,
}

impl Node {
    pub(super) fn is_account(&self) -> bool {
        self.source != IdentitySource::Email
    }
}

/// Nodes, and which of them belong together.
#[derive(Debug, Default)]
pub(super) struct Clusters {
    nodes: Vec<Node>,
    /// The cluster of each node: the first of its nodes.
    roots: Vec<usize>,
    members: BTreeMap<usize, Vec<usize>>,
    places: BTreeMap<(IdentitySource, String), usize>,
}

impl Clusters {
    /// Adds a node, which is a cluster of its own at first.
    pub(super) fn add(&mut self, node: Node) -> usize {
        let place = self.nodes.len();
        self.places
            .insert((node.source, node.account.clone()), place);
        self.nodes.push(node);
        self.roots.push(place);
        self.members.insert(place, vec![place]);
        place
    }

    pub(super) fn place(&self, source: IdentitySource, account: &str) -> Option<usize> {
        self.places.get(&(source, account.to_owned())).copied()
    }

    pub(super) fn node(&self, place: usize) -> Option<&Node> {
        self.nodes.get(place)
    }

    /// The cluster that a node belongs to.
    pub(super) fn of(&self, place: usize) -> usize {
        self.roots.get(place).copied().unwrap_or(place)
    }

    /// The nodes of a cluster.
    pub(super) fn members(&self, cluster: usize) -> impl Iterator<Item = &Node> + Clone {
        self.members
            .get(&cluster)
            .into_iter()
            .flatten()
            .filter_map(|place| self.nodes.get(*place))
    }

    /// Every cluster.
    pub(super) fn all(&self) -> impl Iterator<Item = usize> {
        self.members.keys().copied()
    }

    /// Whose a cluster is by somebody's word.
    pub(super) fn pinned(&self, cluster: usize) -> Option<i64> {
        self.members(cluster).find_map(|node| node.pinned)
    }

    /// Whether a cluster has an account of this source.
    pub(super) fn has(&self, cluster: usize, source: IdentitySource) -> bool {
        self.members(cluster).any(|node| node.source == source)
    }

    /// Whether somebody's word keeps two clusters apart: they are said to be two people's, or
    /// something of one is said not to be the other's.
    pub(super) fn are_kept_apart(&self, one: usize, other: usize) -> bool {
        if let (Some(one), Some(other)) = (self.pinned(one), self.pinned(other))
            && one != other
        {
            return true;
        }
        self.forbids(one, other) || self.forbids(other, one)
    }

    /// Whether something of `one` is said not to belong to the person of `other`.
    fn forbids(&self, one: usize, other: usize) -> bool {
        self.members(one).any(|node| {
            let mut forbidden = node.forbidden.iter();
            forbidden.any(|user| self.is_whose(other, *user))
        })
    }

    /// Whether a cluster is a person's: who that is tells somebody's word, else the last match.
    pub(super) fn is_whose(&self, cluster: usize, user: i64) -> bool {
        let pinned = self.pinned(cluster);
        pinned == Some(user)
            || (pinned.is_none()
                && self.members(cluster).any(|node| {
                    node.is_account()
                        && node.anchor.is_some_and(|(anchor, _)| anchor == user)
                        && !node.forbidden.contains(&user)
                }))
    }

    /// Puts the clusters of two nodes together, unless somebody's word keeps them apart; `false` says
    /// that it does.
    pub(super) fn join(&mut self, one: usize, other: usize, reason: MatchedBy) -> bool {
        let (root, leaf) = (self.of(one), self.of(other));
        if root != leaf {
            if self.are_kept_apart(root, leaf) {
                return false;
            }
            let moved = self.members.remove(&leaf).unwrap_or_default();
            for place in &moved {
                if let Some(of) = self.roots.get_mut(*place) {
                    *of = root;
                }
            }
            self.members.entry(root).or_default().extend(moved);
        }
        for place in [one, other] {
            if let Some(node) = self.nodes.get_mut(place) {
                node.reason = Some(node.reason.map_or(reason, |earlier| earlier.min(reason)));
            }
        }
        true
    }
}
