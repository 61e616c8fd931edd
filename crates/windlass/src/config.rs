//! The configuration: embedded defaults, then a file, then the environment, then flags.

mod environment;
mod keys;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use figment::Figment;
use figment::providers::{Format, Toml};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use sync::people::BotNames;
use url::Url;

use crate::cli::{ConnectionArguments, Global};
use crate::failure::{Failure, one_line};
use keys::Keys;

/// What holds where nothing else is said. It shows every key, so that it is the documentation too.
pub(crate) const DEFAULTS: &str = include_str!("../default.toml");

/// The name of the file that is looked for.
const FILE_NAME: &str = "windlass.toml";

/// The configuration.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Settings {
    pub(crate) database: Option<String>,
    pub(crate) data_dir: Option<PathBuf>,
    pub(crate) secret_key_file: Option<PathBuf>,
    pub(crate) bitbucket: BitbucketSettings,
    pub(crate) network: NetworkSettings,
    pub(crate) import: ImportSettings,
    pub(crate) people: PeopleSettings,
    pub(crate) web: WebSettings,
    pub(crate) webhooks: WebhookSettings,
    pub(crate) query: QuerySettings,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct BitbucketSettings {
    pub(crate) base_url: String,
    pub(crate) workspace: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) token_file: Option<PathBuf>,
    pub(crate) hourly_limit: u32,
    pub(crate) window_seconds: u32,
    pub(crate) request_timeout_seconds: u32,
    pub(crate) store_text: bool,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct NetworkSettings {
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) connect_timeout_seconds: u32,
}

impl NetworkSettings {
    /// How long it may take until a connection stands.
    pub(crate) fn connect_timeout(&self) -> Duration {
        Duration::from_secs(u64::from(self.connect_timeout_seconds.max(1)))
    }

    /// The certificates of further authorities.
    pub(crate) fn extra_ca(&self) -> Result<Option<Vec<u8>>, Failure> {
        let Some(file) = &self.ca_file else {
            return Ok(None);
        };
        std::fs::read(file).map(Some).map_err(|error| {
            Failure::configuration(format!(
                "the certificates in {} cannot be read: {error}. Check network.ca_file",
                file.display()
            ))
        })
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct ImportSettings {
    pub(crate) concurrency: u16,
    pub(crate) lease_seconds: u32,
    /// Streams beyond the usual ones.
    pub(crate) per_row_streams: Vec<sync::StreamName>,
}

/// The names by which programs are known.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct PeopleSettings {
    pub(crate) bots: Vec<String>,
    pub(crate) ai_bots: Vec<String>,
    pub(crate) ai_apps: Vec<String>,
}

impl PeopleSettings {
    /// The same, ready to be held against accounts.
    pub(crate) fn bot_names(&self) -> BotNames {
        BotNames::new(&self.bots, &self.ai_bots, &self.ai_apps)
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct WebSettings {
    /// Where people reach the pages.
    pub(crate) public_url: Option<String>,
    /// Proxies whose word for the address of a client counts, with commas between them.
    pub(crate) trusted_proxies: Option<String>,
}

impl WebSettings {
    /// Where people reach the pages.
    pub(crate) fn public_url(&self) -> Result<Option<Url>, Failure> {
        let Some(written) = &self.public_url else {
            return Ok(None);
        };
        let url = Url::parse(written.trim())
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        url.map(Some).ok_or_else(|| {
            Failure::configuration(format!(
                "web.public_url `{written}` is no address: it is written as https://windlass.example.com"
            ))
        })
    }

    /// The networks of proxies that are trusted.
    pub(crate) fn trusted_proxies(&self) -> Result<Vec<IpNet>, Failure> {
        let written = self.trusted_proxies.as_deref().unwrap_or_default();
        let each = written
            .split(',')
            .map(str::trim)
            .filter(|one| !one.is_empty());
        each.map(|one| {
            let network = one.parse::<IpNet>().or_else(|_| one.parse::<IpAddr>().map(IpNet::from));
            network.map_err(|_| {
                Failure::configuration(format!(
                    "web.trusted_proxies has `{one}`, which is no address and no network: they are written as 10.0.0.1 and 10.0.0.0/8, with commas between them"
                ))
            })
        })
        .collect()
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct WebhookSettings {
    /// Where this machine is reached from the internet.
    pub(crate) public_url: Option<String>,
    /// How long deliveries are kept.
    pub(crate) keep_days: u32,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct QuerySettings {
    /// The address with the login for queries, on PostgreSQL.
    pub(crate) database: Option<String>,
    pub(crate) deadline_seconds: u32,
    pub(crate) max_rows: u32,
    pub(crate) max_bytes: u32,
    /// How many run at once on the page.
    pub(crate) at_once: u32,
    /// How many one login may have under way there.
    pub(crate) at_once_each: u32,
    /// How long what they gave is kept.
    pub(crate) keep_seconds: u32,
}

/// The configuration and where it comes from.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) settings: Settings,
    /// The folder for everything that is kept.
    pub(crate) data_dir: PathBuf,
    /// The file that was read, if there is one.
    pub(crate) file: Option<PathBuf>,
    /// The variables of the environment that were used.
    pub(crate) variables: Vec<String>,
}

impl Config {
    /// Reads the configuration of a command.
    pub(crate) fn load(
        global: &Global,
        connection: Option<&ConnectionArguments>,
    ) -> Result<Self, Failure> {
        let variables = environment::variables();
        Self::from_parts(global, connection, variables, Path::new(FILE_NAME))
    }

    fn from_parts(
        global: &Global,
        connection: Option<&ConnectionArguments>,
        variables: Vec<(String, String)>,
        file_here: &Path,
    ) -> Result<Self, Failure> {
        let defaults = Figment::from(Toml::string(DEFAULTS));
        let keys = Keys::of(&extract(&defaults)?)?;
        let (used, from_environment) = environment::read(&keys, variables)?;

        let mut flags = Figment::new();
        if let Some(database) = &global.database {
            flags = flags.merge(("database", database));
        }
        if let Some(folder) = &global.data_dir {
            flags = flags.merge(("data_dir", folder));
        }
        if let Some(connection) = connection {
            for (key, value) in [
                ("bitbucket.workspace", &connection.workspace),
                ("bitbucket.base_url", &connection.base_url),
                ("bitbucket.email", &connection.email),
            ] {
                if let Some(value) = value {
                    flags = flags.merge((key, value));
                }
            }
        }

        // The data folder may have a file of its own, so it is needed before that is read.
        let before = extract(&defaults.clone().merge(&from_environment).merge(&flags))?;
        let file = find_file(global, &before, file_here)?;
        let mut figment = defaults;
        if let Some(file) = &file {
            let toml = Toml::file_exact(file);
            keys.check_file(file, &toml)?;
            figment = figment.merge(toml);
        }
        let settings = extract(&figment.merge(from_environment).merge(flags))?;
        Ok(Self {
            data_dir: data_dir(&settings)?,
            settings,
            file,
            variables: used,
        })
    }

    /// The database's address; `file` is its name in the data folder where none is given.
    pub(crate) fn database(&self, file: &str) -> Result<String, Failure> {
        if let Some(address) = &self.settings.database {
            return Ok(address.clone());
        }
        let path = self.data_dir.join(file);
        let Some(path) = path.to_str() else {
            return Err(Failure::configuration(
                "the name of the data folder is not UTF-8: name another with --data-dir",
            ));
        };
        // These would end the path of an address or stand for another character.
        let path = path
            .replace('%', "%25")
            .replace('?', "%3F")
            .replace('#', "%23");
        Ok(format!("sqlite://{path}"))
    }

    /// Makes the data folder, for its owner alone, unless the database is elsewhere.
    pub(crate) fn make_data_dir(&self) -> Result<(), Failure> {
        if self.settings.database.is_some() {
            return Ok(());
        }
        self.ensure_data_dir()
    }

    /// Makes the data folder, for its owner alone.
    pub(crate) fn ensure_data_dir(&self) -> Result<(), Failure> {
        if self.data_dir.is_dir() {
            return Ok(());
        }
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.data_dir).map_err(|error| {
            Failure::new(
                crate::failure::Exit::Database,
                format!(
                    "the data folder {} cannot be made: {error}. Name another with --data-dir",
                    self.data_dir.display()
                ),
            )
        })
    }
}

fn extract(figment: &Figment) -> Result<Settings, Failure> {
    figment.extract().map_err(|error| {
        // One mistake at a time: each names its own key and file.
        Failure::configuration(format!(
            "the configuration is not right: {}",
            one_line(&error.to_string())
        ))
    })
}

fn find_file(
    global: &Global,
    settings: &Settings,
    file_here: &Path,
) -> Result<Option<PathBuf>, Failure> {
    if let Some(file) = &global.config {
        return match std::fs::File::open(file) {
            Ok(_) => Ok(Some(file.clone())),
            Err(error) => Err(Failure::configuration(format!(
                "the configuration file {} cannot be read: {error}. Check its name, or leave out --config",
                file.display()
            ))),
        };
    }
    if file_here.is_file() {
        return Ok(Some(file_here.to_path_buf()));
    }
    let there = data_dir(settings)?.join(FILE_NAME);
    Ok(there.is_file().then_some(there))
}

fn data_dir(settings: &Settings) -> Result<PathBuf, Failure> {
    use etcetera::BaseStrategy;
    if let Some(folder) = &settings.data_dir {
        return Ok(folder.clone());
    }
    match etcetera::choose_base_strategy() {
        Ok(strategy) => Ok(strategy.data_dir().join("windlass")),
        Err(_) => Err(Failure::configuration(
            "there is no home folder to keep data in: name a folder with --data-dir",
        )),
    }
}

#[cfg(test)]
mod tests;
