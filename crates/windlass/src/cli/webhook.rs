//! `windlass webhook`.

use clap::{Args, Subcommand};
use store::DeliveryOutcome;

/// What can be done with webhooks and their deliveries.
#[derive(Debug, Subcommand)]
pub(crate) enum WebhookCommand {
    /// Make the webhook of a workspace in Bitbucket, or put it right
    Register(HookRegisterArguments),
    /// List the webhooks of a workspace: whose they are, whether they deliver, what they lack
    List(HookArguments),
    /// Send a signed delivery to the public address, and see whether it arrives
    Verify(HookUrlArguments),
    /// Print the secret that deliveries are signed with; made if there is none
    Secret(HookSecretArguments),
    /// Put another secret in its place; both are valid until a delivery came with the new one
    RotateSecret(HookArguments),
    /// Delete the webhook in Bitbucket; deliveries are not taken any more
    Remove(HookRemoveArguments),
    /// Print the command that makes the webhook by hand
    Curl(HookCurlArguments),
    /// List what was delivered, the latest first, and what became of it
    Deliveries(DeliveriesArguments),
    /// Show one delivery: its headers, and its body without people's texts
    Show(DeliveryShowArguments),
    /// Apply deliveries once more
    Replay(DeliveryReplayArguments),
}

#[derive(Args, Debug)]
pub(crate) struct HookArguments {
    /// The connection's name [default: the only one to Bitbucket]
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: Option<String>,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct HookRegisterArguments {
    /// Where this machine is reached from the internet [default: webhooks.public_url of the
    /// configuration]
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    #[command(flatten)]
    pub(crate) hook: HookArguments,
}

#[derive(Args, Debug)]
pub(crate) struct HookUrlArguments {
    /// Where to send it [default: where the registered webhook delivers, else webhooks.public_url]
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    #[command(flatten)]
    pub(crate) hook: HookArguments,
}

#[derive(Args, Debug)]
pub(crate) struct HookSecretArguments {
    /// Read one from standard input and take it; the one before is valid until a delivery came
    /// with this one
    #[arg(long)]
    pub(crate) set: bool,
    #[command(flatten)]
    pub(crate) hook: HookArguments,
}

#[derive(Args, Debug)]
pub(crate) struct HookRemoveArguments {
    /// Do it without asking
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) hook: HookArguments,
}

#[derive(Args, Debug)]
pub(crate) struct HookCurlArguments {
    /// Where this machine is reached from the internet [default: webhooks.public_url, else where
    /// the registered webhook delivers]
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Print the secret and the credential too, in place of words that stand for them
    #[arg(long)]
    pub(crate) with_secret: bool,
    #[command(flatten)]
    pub(crate) hook: HookArguments,
}

#[derive(Args, Debug)]
pub(crate) struct DeliveriesArguments {
    /// Only those of this connection
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: Option<String>,
    /// Only those of this event, such as pullrequest:fulfilled
    #[arg(long, value_name = "KEY")]
    pub(crate) event: Option<String>,
    /// Only those that ended so [waiting, applied, ignored, filtered, stale, failed]
    #[arg(long, value_name = "OUTCOME", value_parser = outcome)]
    pub(crate) outcome: Option<DeliveryOutcome>,
    /// Only those about this repository, such as myworkspace/website
    #[arg(long, value_name = "NAME")]
    pub(crate) repository: Option<String>,
    /// Only those that came before this one
    #[arg(long, value_name = "ID")]
    pub(crate) before: Option<i64>,
    /// How many, the latest first
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=100_000))]
    pub(crate) limit: i64,
    /// Print them for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct DeliveryShowArguments {
    /// Its number, as `windlass webhook deliveries` shows it
    #[arg(value_name = "ID")]
    pub(crate) id: i64,
    /// Only if it is this connection's
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: Option<String>,
    /// Print it for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct DeliveryReplayArguments {
    /// Their numbers, as `windlass webhook deliveries` shows them
    #[arg(
        value_name = "ID",
        conflicts_with = "failed",
        required_unless_present = "failed"
    )]
    pub(crate) ids: Vec<i64>,
    /// All that failed
    #[arg(long)]
    pub(crate) failed: bool,
    /// Only those of this connection
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: Option<String>,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

fn outcome(text: &str) -> Result<DeliveryOutcome, String> {
    DeliveryOutcome::parse(text).ok_or_else(|| {
        let names: Vec<&str> = DeliveryOutcome::ALL
            .iter()
            .map(|one| one.as_str())
            .collect();
        format!("an outcome is one of {}", names.join(", "))
    })
}
