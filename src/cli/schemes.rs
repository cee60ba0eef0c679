//! `kutta schemes`

use super::{Failure, print, print_json};
use clap::{Args, ValueEnum};
use kutta::tableau::{Method, Scheme, Structure};
use serde_json::json;
use std::fmt::Write;

/// List the schemes that are known by name
///
/// A family goes on beyond what is listed: gauss_S, radau_ia_S, radau_iia_S, lobatto_iiia_S (and iiib, iiic, iiic_star,
/// iiid, iiie) for any number of stages S, ssp_S_2 and ssp_S_3 (S a square), one_leg_theta_X and two_leg_theta_X for any X
/// from 0 to 1, lobatto_iiia_iiib_S for systems in two parts, mccallum_foster_NAME around any scheme NAME for one field. A scheme
/// of your own is a TOML or JSON file.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct Schemes {
    /// List this kind alone
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    /// Print a JSON array instead of a table
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Kind {
    Explicit,
    DiagonallyImplicit,
    FullyImplicit,
    Partitioned,
    Additive,
    Multistep,
    GeneralLinear,
}

impl Kind {
    fn of(method: &Method) -> Self {
        match method.scheme() {
            None if method.multistep().is_some() => Kind::Multistep,
            None => Kind::GeneralLinear,
            Some(Scheme::Partitioned(_)) => Kind::Partitioned,
            Some(Scheme::Additive(_)) => Kind::Additive,
            Some(Scheme::Tableau(tableau)) => match tableau.structure() {
                Structure::Explicit => Kind::Explicit,
                Structure::FullyImplicit => Kind::FullyImplicit,
                _ => Kind::DiagonallyImplicit,
            },
        }
    }
}

impl Schemes {
    pub fn run(&self) -> Result<(), Failure> {
        let mut schemes = Method::catalogue();
        schemes.retain(|scheme| self.kind.is_none_or(|kind| kind == Kind::of(scheme)));
        schemes.sort_by_key(Kind::of);
        if self.json {
            let rows: Vec<_> = schemes
                .iter()
                .map(|s| {
                    json!({
                        "name": s.name(), "stages": s.stages(), "order": order(s), "structure": s.kind(),
                        "source": s.source(), "claims": s.claims(),
                    })
                })
                .collect();
            return print_json(&rows);
        }
        let width = |text: fn(&Method) -> String| schemes.iter().map(|s| text(s).chars().count()).max().unwrap_or(0);
        let name = width(|s| s.name().to_string());
        let structure = width(Method::kind);
        let mut table = format!("{:name$}  stages  order  {:structure$}  source\n", "name", "structure");
        for s in &schemes {
            let order = order(s).map_or_else(|| "-".to_string(), |p| p.to_string());
            let (stages, kind) = (s.stages(), s.kind());
            let _ = writeln!(table, "{:name$}  {stages:6}  {order:>5}  {kind:structure$}  {}", s.name(), s.source());
        }
        print(table)
    }
}

/// Pairs are made for systems whose parts are separate.
fn order(method: &Method) -> Option<usize> {
    method.claims().and_then(|claims| claims.separable_order.or(claims.order))
}
