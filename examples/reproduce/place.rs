//! Where figures and numbers go.

use kutta::Error;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// How much is trained.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// What every output says of it.
    pub name: &'static str,
    /// The share of the source's epochs.
    pub share: f64,
    /// Most seeds of a part.
    pub seeds: u64,
    /// Most trajectories that are drawn to learn from.
    pub trajectories: usize,
}

impl Effort {
    /// All of it.
    pub const FULL: Effort = Effort { name: "full", share: 1.0, seeds: u64::MAX, trajectories: usize::MAX };
    /// To see that everything runs.
    pub const QUICK: Effort = Effort { name: "quick", share: 0.1, seeds: 1, trajectories: usize::MAX };

    pub fn epochs(self, full: usize) -> usize {
        ((full as f64 * self.share) as usize).max(1)
    }

    /// So many seeds, or fewer, from 1 on.
    pub fn seeds(self, full: u64) -> std::ops::RangeInclusive<u64> {
        1..=full.min(self.seeds)
    }
}

/// A folder with figures and results.
pub struct Place {
    folder: PathBuf,
    pub effort: Effort,
    /// Whether what has been trained is trained again.
    pub anew: bool,
}

const TIMINGS: &str = "timings.json";

impl Place {
    pub fn new(folder: PathBuf, effort: Effort, anew: bool) -> Result<Self, Error> {
        for name in ["figures", "results"] {
            let folder = folder.join(name);
            fs::create_dir_all(&folder).map_err(|source| Error::Io { path: folder, source })?;
        }
        Ok(Place { folder, effort, anew })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The path of a figure.
    pub fn figure(&self, name: &str) -> PathBuf {
        self.folder.join("figures").join(name).with_extension("svg")
    }

    /// The title of a figure, which says so if it is not of a full run.
    pub fn title(&self, title: &str) -> String {
        match self.effort.name {
            "full" => title.into(),
            other => format!("{title} ({other} run: no result)"),
        }
    }

    /// The folder of a part's trainings.
    pub fn trainings(&self, part: &str) -> Result<PathBuf, Error> {
        let path = self.result(part);
        fs::create_dir_all(&path).map_err(|source| Error::Io { path: path.clone(), source })?;
        Ok(path)
    }

    /// The path of a part's numbers, without an extension.
    pub fn result(&self, name: &str) -> PathBuf {
        self.folder.join("results").join(name)
    }

    /// Adds seconds to the file of those, by what took them.
    pub fn add_timings(&self, timings: impl IntoIterator<Item = (String, f64)>) -> Result<(), Error> {
        let path = self.result(TIMINGS);
        let mut all: BTreeMap<String, f64> = read_json(&path).unwrap_or_default();
        all.extend(timings.into_iter().map(|(name, seconds)| (name, (1e3 * seconds).round() / 1e3)));
        write_json(&path, &all)
    }
}

/// What a file holds, if it is there and whole.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Writes a document on one line.
pub fn write_json(path: &Path, document: &impl Serialize) -> Result<(), Error> {
    let text =
        serde_json::to_string(document).map_err(|error| Error::Io { path: path.into(), source: error.into() })?;
    write_whole(path, (text + "\n").as_bytes())
}

/// A file that is there whole or not at all, however the program ends.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let partial = path.with_extension("partial");
    let write = || fs::write(&partial, bytes).and_then(|()| fs::rename(&partial, path));
    write().map_err(|source| Error::Io { path: path.into(), source })
}
