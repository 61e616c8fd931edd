//! Sends deliveries over connections that stay open, as fast as they are answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use futures_util::future::try_join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::stock::Request;

/// What was sent, and how long each answer took.
#[derive(Debug)]
pub(crate) struct Sent {
    /// From the first byte sent to the last answer.
    pub(crate) took: Duration,
    /// How long each answer took, the shortest first.
    pub(crate) answers: Vec<Duration>,
}

impl Sent {
    /// Deliveries a second.
    #[expect(clippy::cast_precision_loss, reason = "a figure for the eye")]
    pub(crate) fn rate(&self) -> f64 {
        self.answers.len() as f64 / self.took.as_secs_f64()
    }

    /// The time within which so many of a thousand were answered.
    pub(crate) fn within(&self, per_mille: usize) -> Duration {
        let position = (self.answers.len() * per_mille).div_ceil(1000).max(1) - 1;
        self.answers.get(position).copied().unwrap_or_default()
    }
}

/// Sends them all; each must be answered with 200.
pub(crate) async fn send(
    address: &str,
    requests: &[Request],
    clients: usize,
) -> anyhow::Result<Sent> {
    let next = Arc::new(AtomicUsize::new(0));
    let requests: Arc<[Request]> = requests.into();
    let mut streams = Vec::new();
    for _ in 0..clients {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        streams.push(stream);
    }
    let began = Instant::now();
    let clients = streams.into_iter().map(|stream| {
        let (next, requests) = (Arc::clone(&next), Arc::clone(&requests));
        tokio::spawn(client(stream, requests, next))
    });
    let mut answers = Vec::new();
    for answered in try_join_all(clients).await? {
        answers.extend(answered?);
    }
    let took = began.elapsed();
    answers.sort();
    Ok(Sent { took, answers })
}

async fn client(
    mut stream: TcpStream,
    requests: Arc<[Request]>,
    next: Arc<AtomicUsize>,
) -> anyhow::Result<Vec<Duration>> {
    let mut answers = Vec::new();
    let mut buffer = Vec::new();
    while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
        let began = Instant::now();
        stream.write_all(&request.bytes).await?;
        let status = answer(&mut stream, &mut buffer).await?;
        answers.push(began.elapsed());
        ensure!(status == 200, "a delivery was answered with {status}");
    }
    Ok(answers)
}

/// Reads one answer to its end; the result is its status.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> anyhow::Result<u16> {
    buffer.clear();
    loop {
        if stream.read_buf(buffer).await? == 0 {
            bail!("the connection was closed instead of an answer");
        }
        let Some(end) = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(buffer.get(..end).unwrap_or_default()).to_lowercase();
        let length: usize = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .and_then(|length| length.trim().parse().ok())
            .context("an answer without a length")?;
        if buffer.len() >= end + 4 + length {
            let status = head
                .split(' ')
                .nth(1)
                .and_then(|status| status.parse().ok());
            return status.context("an answer without a status");
        }
    }
}
