//! Invented names and phrases.

pub(super) const PEOPLE: [(&str, &str, &str, i64); 30] = [
    ("Marta Lindqvist", "marta", "marta.lindqvist", 1),
    ("Teo Vasquez", "teo", "teo.vasquez", -5),
    ("Ingrid Aumann", "ingrid", "ingrid.aumann", 1),
    ("Kofi Darkwah", "kofi", "kofi.darkwah", 0),
    ("Yuna Morishita", "yuna", "yuna.morishita", 9),
    ("Pavel Hruska", "pavel", "pavel.hruska", 1),
    ("Amara Nwosu", "amara", "amara.nwosu", 1),
    ("Silas Brandt", "silas", "silas.brandt", 1),
    ("Noor Haddadi", "noor", "noor.haddadi", 2),
    ("Luca Ferrando", "luca", "luca.ferrando", 1),
    ("Priya Ramanath", "priya", "priya.ramanath", 5),
    ("Jonas Ekström", "jonas", "jonas.ekstrom", 1),
    ("Delphine Caron", "delphine", "delphine.caron", 1),
    ("Mateus Oliveira", "mateus", "mateus.oliveira", -3),
    ("Hana Kovač", "hana", "hana.kovac", 1),
    ("Rory McAllen", "rory", "rory.mcallen", 0),
    ("Zeynep Aksoy", "zeynep", "zeynep.aksoy", 3),
    ("Emil Sørby", "emil", "emil.sorby", 1),
    ("Carla Montero", "carla", "carla.montero", -5),
    ("Owen Pryce", "owen", "owen.pryce", 0),
    ("Leila Farrokh", "leila", "leila.farrokh", 1),
    ("Andrzej Nowicki", "andrzej", "andrzej.nowicki", 1),
    ("Sunniva Dahl", "sunniva", "sunniva.dahl", 1),
    ("Thabo Molefe", "thabo", "thabo.molefe", 2),
    ("Greta Weissmann", "greta", "greta.weissmann", 1),
    ("Iker Etxarri", "iker", "iker.etxarri", 1),
    ("Mei-Lin Zhou", "meilin", "meilin.zhou", 8),
    ("Dario Conti", "dario", "dario.conti", 1),
    ("Fenna de Wit", "fenna", "fenna.dewit", 1),
    ("Bram Oosterling", "bram", "bram.oosterling", 1),
];

/// A time zone in which people live that many hours ahead of UTC in winter.
pub(super) fn time_zone(hours_ahead: i64) -> &'static str {
    match hours_ahead {
        -5 => "America/Lima",
        -3 => "America/Sao_Paulo",
        1 => "Europe/Berlin",
        2 => "Africa/Johannesburg",
        3 => "Europe/Istanbul",
        5 => "Asia/Karachi",
        8 => "Asia/Taipei",
        9 => "Asia/Tokyo",
        _ => "Etc/UTC",
    }
}

pub(super) const BOTS: [&str; 4] = [
    "Dependency Courier",
    "Release Train",
    "Launch Window Bot",
    "Changelog Scribe",
];

pub(super) const CUSTOMERS: [&str; 3] = ["Alma Berg", "Ravi Menon", "Nadia Petrov"];

pub(super) const TEAM: &str = "Ground Crew";

/// Name, language, how busy it is.
pub(super) const REPOSITORIES: [(&str, &str, u32); 16] = [
    ("Mission Control", "typescript", 26),
    ("Telemetry Ingest", "rust", 18),
    ("Guidance Core", "c++", 14),
    ("Ticketing API", "java", 16),
    ("Launchpad Terraform", "hcl", 9),
    ("Fuel Ledger", "kotlin", 8),
    ("Crew Portal", "typescript", 12),
    ("Trajectory Lab", "python", 7),
    ("Docs", "", 4),
    ("Payload Catalog", "go", 6),
    ("Simulator", "c++", 5),
    ("Ground Station Firmware", "c", 3),
    ("Weather Watch", "python", 4),
    ("Badge Printer", "php", 2),
    ("Orbit Charts", "javascript", 3),
    ("Parts Inventory", "java", 5),
];

/// Key and name.
pub(super) const PROJECTS: [(&str, &str); 3] = [
    ("FLIGHT", "Flight Software"),
    ("GROUND", "Ground Systems"),
    ("OPS", "Operations"),
];

pub(super) const VERBS: [&str; 12] = [
    "Add", "Fix", "Rework", "Remove", "Speed up", "Document", "Split", "Guard", "Test", "Rename",
    "Simplify", "Log",
];

pub(super) const OBJECTS: [&str; 20] = [
    "countdown timer",
    "valve pressure alarm",
    "seat assignment",
    "telemetry buffer",
    "retry of failed uplinks",
    "launch window search",
    "fuel gauge rounding",
    "crew roster import",
    "login redirect",
    "orbit preview",
    "sensor calibration",
    "invoice export",
    "error page",
    "health check",
    "thruster self-test",
    "payload weight check",
    "time zone of briefings",
    "map tiles",
    "queue back-pressure",
    "abort switch",
];

pub(super) const TAILS: [&str; 8] = [
    "",
    "",
    "",
    " after the last drill",
    " behind a flag",
    " for night launches",
    " in the simulator",
    " (part 2)",
];

pub(super) const REMARKS: [&str; 16] = [
    "Could this overflow on a long hold?",
    "Nice, much clearer than before.",
    "I would rather return early here.",
    "What happens when the uplink drops in the middle?",
    "Please add a test for the empty case.",
    "Typo: *presure*.",
    "Should we log this at a lower level?",
    "This name confused me at first reading.",
    "Works on the bench, thank you!",
    "Is the lock still needed?",
    "The unit is missing, is it kilopascal?",
    "Let us keep the old flag for one release.",
    "Can we measure this before we change it?",
    "Tested on staging, looks good 🚀",
    "I think the second branch is never taken.",
    "One question, otherwise fine.",
];

pub(super) const REPLIES: [&str; 8] = [
    "Good point, changed.",
    "Done.",
    "I kept it: the caller depends on it.",
    "Agreed, in a follow-up.",
    "It cannot, the buffer is bounded.",
    "Right you are.",
    "Added a test.",
    "Renamed.",
];

pub(super) const DESCRIPTIONS: [&str; 6] = [
    "",
    "See the notes of the last rehearsal.",
    "* smaller steps\n* no change in behaviour",
    "Makes the next change easy.",
    "Found during the dress rehearsal; happens once in a hundred runs.",
    "Please look at the second commit first.",
];

pub(super) const REASONS: [&str; 4] = [
    "",
    "Not needed any more.",
    "Done differently elsewhere.",
    "Opened by mistake.",
];

pub(super) const FILES: [&str; 10] = [
    "src/countdown.rs",
    "src/valve/alarm.cpp",
    "lib/orbit.py",
    "web/seats.tsx",
    "README.md",
    "deploy/main.tf",
    "src/uplink/retry.go",
    "tests/abort_test.rs",
    "docs/briefing.md",
    "src/fuel/Ledger.kt",
];
