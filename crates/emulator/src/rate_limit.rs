//! The allowance of requests in a rolling window.

use std::collections::{HashMap, VecDeque};

use model::Instant;

use crate::access::Credential;
use crate::answer::Answer;
use crate::request::Request;

/// How many requests for repository data a credential has, and what happens when they are used up.
#[derive(Debug, Clone)]
pub struct RateLimit {
    /// Requests in a window.
    pub limit: usize,
    /// Length of the rolling window.
    pub window_seconds: i64,
    /// What a 429 says about when to come back.
    pub retry_after: RetryAfter,
}

/// The `Retry-After` of a 429.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// No such header, as recorded.
    Missing,
    /// Seconds.
    Seconds,
    /// An HTTP date.
    HttpDate,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self {
            limit: 1_000,
            window_seconds: 3_600,
            retry_after: RetryAfter::Missing,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct RateLimiter {
    pub(crate) rule: RateLimit,
    /// When each allowance was used for each group of endpoints, oldest first.
    used: HashMap<(String, Group), VecDeque<Instant>>,
}

/// Endpoints that use up an allowance together. All others are free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Group {
    RepositoryData,
    WebhookData,
}

impl Group {
    /// The group of a path below the base.
    pub(crate) fn of(request: &Request) -> Option<Self> {
        let hooks = request.segment(2) == "hooks" || request.segment(3) == "hooks";
        match request.segment(0) {
            "workspaces" | "repositories" if hooks => Some(Self::WebhookData),
            "repositories" => Some(Self::RepositoryData),
            _ => None,
        }
    }

    /// What `X-RateLimit-Resource` says.
    fn word(self) -> &'static str {
        match self {
            Self::RepositoryData => "api",
            Self::WebhookData => "webhooks",
        }
    }
}

/// What is left of an allowance after a request.
pub(crate) struct Remainder {
    group: Group,
    limit: usize,
    window_seconds: i64,
    left: usize,
}

impl RateLimiter {
    pub(crate) fn new(rule: RateLimit) -> Self {
        Self {
            rule,
            used: HashMap::new(),
        }
    }

    /// Counts a request, or refuses it.
    pub(crate) fn count(
        &mut self,
        credential: &Credential,
        group: Group,
        now: Instant,
    ) -> Result<Remainder, Answer> {
        let window = self.rule.window_seconds;
        let limit = credential.hourly_limit.unwrap_or(self.rule.limit);
        let key = (credential.allowance().to_owned(), group);
        let used = self.used.entry(key).or_default();
        while used
            .front()
            .is_some_and(|first| first.plus_seconds(window) <= now)
        {
            used.pop_front();
        }
        if used.len() >= limit {
            let free_at = used.front().map_or(now, |first| first.plus_seconds(window));
            return Err(refusal(self.rule.retry_after, now, free_at));
        }
        used.push_back(now);
        Ok(Remainder {
            group,
            limit,
            window_seconds: window,
            left: limit.saturating_sub(used.len()),
        })
    }

    /// How much of an allowance of repository data is used now.
    pub(crate) fn used(&self, allowance: &str, now: Instant) -> usize {
        let window = self.rule.window_seconds;
        let key = (allowance.to_owned(), Group::RepositoryData);
        self.used.get(&key).map_or(0, |used| {
            used.iter()
                .filter(|time| time.plus_seconds(window) > now)
                .count()
        })
    }
}

impl Remainder {
    /// The headers that bearer credentials see. The limit is a list, and the whole of it: what is
    /// left is never told, only that it is less than a fifth.
    pub(crate) fn headers(&self) -> Vec<(&'static str, String)> {
        let limit = format!("{0}, {0};w={1}", self.limit, self.window_seconds);
        vec![
            ("x-ratelimit-limit", limit),
            ("x-ratelimit-resource", self.group.word().to_owned()),
            (
                "x-ratelimit-nearlimit",
                (self.left * 5 < self.limit).to_string(),
            ),
        ]
    }
}

/// A 429 that is over at this time.
pub(crate) fn refusal(retry_after: RetryAfter, now: Instant, free_at: Instant) -> Answer {
    let mut answer = Answer::rate_limited();
    let seconds = free_at.plus_millis(999).seconds_since(now).max(1);
    match retry_after {
        RetryAfter::Missing => {}
        RetryAfter::Seconds => answer.headers.push(("retry-after", seconds.to_string())),
        RetryAfter::HttpDate => {
            let date = httpdate::fmt_http_date(now.plus_seconds(seconds + 1).to_chrono().into());
            answer.headers.push(("retry-after", date));
        }
    }
    answer
}
