//! `kutta schemes`

use super::{Failure, print, print_json};
use clap::Args;
use kutta::Tableau;
use serde_json::json;
use std::fmt::Write;

/// List the schemes that are known by name
///
/// A family goes on beyond what is listed: gauss_S and radau_iia_S for any number of stages S, one_leg_theta_X and
/// two_leg_theta_X for any X from 0 to 1. A scheme of your own is a TOML or JSON file.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct Schemes {
    /// Print a JSON array instead of a table
    #[arg(long)]
    json: bool,
}

impl Schemes {
    pub fn run(&self) -> Result<(), Failure> {
        let schemes = Tableau::catalogue();
        if self.json {
            let rows: Vec<_> = schemes
                .iter()
                .map(|s| {
                    json!({
                        "name": s.name(), "stages": s.stages(), "order": s.order(),
                        "structure": s.structure().to_string(), "source": s.source(),
                    })
                })
                .collect();
            return print_json(&rows);
        }
        let width = |text: fn(&Tableau) -> String| schemes.iter().map(|s| text(s).chars().count()).max().unwrap_or(0);
        let name = width(|s| s.name().to_string());
        let structure = width(|s| s.structure().to_string());
        let mut table = format!("{:name$}  stages  order  {:structure$}  source\n", "name", "structure");
        for s in &schemes {
            let order = s.order().map_or_else(|| "-".to_string(), |p| p.to_string());
            let (stages, kind) = (s.stages(), s.structure().to_string());
            let _ = writeln!(table, "{:name$}  {stages:6}  {order:>5}  {kind:structure$}  {}", s.name(), s.source());
        }
        print(table)
    }
}
