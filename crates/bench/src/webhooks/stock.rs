//! Deliveries that are prepared beforehand: each is a change of its own in a made-up workspace.

use anyhow::Context;
use emulator::{Delivery, DeliveryMode, Emulator};

use crate::world;

/// The secret that they are signed with.
pub(crate) const SECRET: &str = "windlass-bench-secret";

/// Where they would go; they are taken before they leave.
const URL: &str = "http://127.0.0.1:9/webhooks/bitbucket";

/// How large the workspace is whose pull requests are commented on.
const WORLD: (usize, usize) = (4, 250);

/// A delivery as it goes over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) bytes: Vec<u8>,
}

/// Deliveries, none like another.
pub(crate) struct Stock {
    requests: Vec<Request>,
}

/// The workspace before anything of what is delivered happens in it.
pub(crate) async fn workspace() -> anyhow::Result<Emulator> {
    let (repositories, pulls_each) = WORLD;
    let emulator = world::start(repositories, pulls_each).await?;
    emulator.set_delivery_mode(DeliveryMode::Collect);
    Ok(emulator)
}

impl Stock {
    /// Comments so often, all over the workspace.
    pub(crate) fn make(emulator: &Emulator, count: usize) -> anyhow::Result<Self> {
        {
            let mut world = emulator.world();
            world.subscribe(URL, Some(SECRET), &["pullrequest:comment_created"]);
            let users: Vec<String> = world
                .accounts()
                .iter()
                .filter(|account| account.member)
                .filter_map(|account| account.nickname.clone())
                .collect();
            let pulls: Vec<(String, u64)> = world
                .repositories()
                .iter()
                .flat_map(|repository| {
                    (1_u64..)
                        .map_while(|number| repository.pull_request(number).map(|_| number))
                        .map(|number| (repository.slug.clone(), number))
                })
                .collect();
            let mut turns = pulls.iter().cycle().zip(users.iter().cycle());
            for number in 0..count {
                let ((repository, pull), user) = turns.next().context("an empty workspace")?;
                let text = format!("Remark {number}: is the seal of the second stage tight?");
                world
                    .comment(repository, *pull, user, &text)
                    .map_err(|error| anyhow::anyhow!("a comment that cannot be: {error:?}"))?;
            }
        }
        let requests = emulator.take_deliveries().iter().map(request).collect();
        Ok(Self { requests })
    }

    pub(crate) fn len(&self) -> usize {
        self.requests.len()
    }

    /// How long a delivery is, with its head.
    pub(crate) fn mean_bytes(&self) -> usize {
        let all: usize = self
            .requests
            .iter()
            .map(|request| request.bytes.len())
            .sum();
        all / self.requests.len().max(1)
    }

    /// Some of them.
    pub(crate) fn part(&self, from: usize, count: usize) -> anyhow::Result<&[Request]> {
        self.requests
            .get(from..from + count)
            .context("too few deliveries were prepared")
    }
}

fn request(delivery: &Delivery) -> Request {
    let mut bytes = b"POST /webhooks/bitbucket HTTP/1.1\r\nHost: 127.0.0.1\r\n".to_vec();
    for (name, value) in &delivery.headers {
        bytes.extend(format!("{name}: {value}\r\n").into_bytes());
    }
    bytes.extend(format!("Content-Length: {}\r\n\r\n", delivery.body.len()).into_bytes());
    bytes.extend(&delivery.body);
    Request { bytes }
}
