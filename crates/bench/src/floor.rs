//! The floor: what it costs to fetch the addresses of an import and to parse the answers, and
//! nothing else.
//!
//! It uses the HTTP client that Windlass uses, set up alike, and does as many requests at once.
//! Addresses of one chain follow each other; chains go side by side. Each body is parsed into a
//! `serde_json::Value` and dropped.

mod http;
mod plan;

use std::sync::Arc;
use std::{env, fs};

use anyhow::{Context, bail};
use futures_util::future::try_join_all;
use reqwest::Client;
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::plan::Plan;

fn main() -> anyhow::Result<()> {
    let Some(file) = env::args_os().nth(1) else {
        bail!("usage: floor PLAN.json");
    };
    let plan: Plan = serde_json::from_slice(&fs::read(file)?)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let records = runtime.block_on(fetch(plan))?;
    println!("{records}");
    Ok(())
}

/// Fetches everything; the result is how many records came.
async fn fetch(plan: Plan) -> anyhow::Result<usize> {
    let client = http::client()?;
    let permits = Arc::new(Semaphore::new(plan.concurrency));
    let mut records = 0;
    for stage in plan.stages {
        let chains = stage.into_iter().map(|chain| {
            let walk = walk(
                client.clone(),
                Arc::clone(&permits),
                plan.base.clone(),
                plan.token.clone(),
                chain,
            );
            tokio::spawn(walk)
        });
        for chain in try_join_all(chains).await? {
            records += chain?;
        }
    }
    Ok(records)
}

async fn walk(
    client: Client,
    permits: Arc<Semaphore>,
    base: String,
    token: String,
    chain: Vec<String>,
) -> anyhow::Result<usize> {
    let mut records = 0;
    for address in chain {
        let _permit = permits.acquire().await?;
        let response = client
            .get(format!("{base}{address}"))
            .header(reqwest::header::ACCEPT, "application/json")
            .bearer_auth(&token)
            .send()
            .await?;
        let status = response.status();
        let body = response.bytes().await?;
        let page: Value = serde_json::from_slice(&body)
            .with_context(|| format!("{address} answered {status}"))?;
        records += page
            .get("values")
            .and_then(Value::as_array)
            .map_or(1, Vec::len);
    }
    Ok(records)
}
