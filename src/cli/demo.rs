//! `demo`: the whole loop on a throw-away server, which is gone afterwards.

use std::path::Path;
use std::time::Duration;

use super::outlet::Outlet;
use super::progress::{Told, stop_on_signal};
use super::project::{failure, plain};
use super::report::Failure;
use super::{Exit, apply};
use crate::catalog;
use crate::model::{ScratchSource, Settings};
use crate::pipeline::{self, Caller, PipelineError, Project, Stop, Target};
use crate::plan::{Plan, Until};
use crate::render;
use crate::scratch::ScratchError;
use crate::scratch::provider::{self, Cluster, Wish};

const BEFORE: &str = include_str!("../../examples/shop/schema/shop.yaml");
const AFTER: &str = include_str!("../../examples/shop/next/shop.yaml");
/// Fills the shop: enough rows that the safe ways are taken.
const ROWS: &str = include_str!("../../examples/shop/rows.sql");
/// What somebody does by hand at night.
const BY_HAND: &str = "ALTER TABLE shop.orders ALTER COLUMN note SET DEFAULT 'by hand'; DROP INDEX shop.orders_customer_idx";
const UNDO_BY_HAND: &str = "ALTER TABLE shop.orders ALTER COLUMN note DROP DEFAULT; CREATE INDEX orders_customer_idx ON shop.orders (customer_id)";
/// Sums every row of every table of the shop up.
const SUMS: &str = "SELECT coalesce(string_agg(line, '; ' ORDER BY line), '') FROM ( \
    SELECT 'customers ' || count(*) || ' rows ' || md5(string_agg((c.id, c.email, c.vip, c.joined_at)::text, ',' ORDER BY id)) AS line FROM shop.customers c \
    UNION ALL SELECT 'orders ' || count(*) || ' rows ' || md5(string_agg((o.id, o.customer_id, o.total, o.note)::text, ',' ORDER BY id)) FROM shop.orders o \
    UNION ALL SELECT 'coupons ' || count(*) || ' rows ' || md5(string_agg((c.code, c.percent)::text, ',' ORDER BY code)) FROM shop.coupons c) AS sums";

/// One run of the demo.
struct Demo<'a> {
    outlet: &'a Outlet,
    project: Project,
    stop: std::sync::Arc<Stop>,
}

pub(super) async fn run(outlet: &Outlet) -> Result<Exit, Failure> {
    outlet.result(
        "A throw-away PostgreSQL server is started for this; it is gone when the demo ends.\n",
    )?;
    let wish = Wish {
        major: None,
        fetch: true,
        settings: Vec::new(),
    };
    let cluster = provider::provide(&wish)
        .map_err(|error| plain(PipelineError::Scratch(ScratchError::from(error))))?;
    let folder = tempfile::tempdir()
        .map_err(|error| Failure::new(format!("a folder cannot be made: {error}")))?;
    let demo = Demo {
        outlet,
        project: project(&cluster, folder.path()),
        stop: stop_on_signal(),
    };
    demo.sql("postgres", &cluster, "CREATE DATABASE shop")
        .await?;

    demo.title("1. A shop is declared in schema/shop.yaml, and applied to an empty database")?;
    demo.write(folder.path(), BEFORE)?;
    let first = demo.plan().await?;
    demo.outlet.result(&format!(
        "{}\n",
        render::text(&first, outlet.ink())
            .lines()
            .take(2)
            .collect::<Vec<_>>()
            .join("\n")
    ))?;
    demo.apply(&first).await?;
    demo.sql("shop", &cluster, ROWS).await?;
    let before = demo.sums(&cluster).await?;
    outlet.result(&format!("It is filled: {}\n", counts(&before)))?;

    demo.title(
        "2. The file changes: a NOT NULL column, an index, a renamed column, a table that goes",
    )?;
    demo.write(folder.path(), AFTER)?;
    outlet.result(&difference(BEFORE, AFTER))?;

    demo.title("3. reconcile plan")?;
    let second = demo.plan().await?;
    outlet.result(&render::text(&second, outlet.ink()))?;

    demo.title("4. reconcile apply --yes --allow retires_data --allow breaks_clients")?;
    demo.apply(&second).await?;

    demo.title("5. Somebody changes the database by hand; reconcile drift")?;
    outlet.result(&format!("{BY_HAND};\n\n"))?;
    demo.sql("shop", &cluster, BY_HAND).await?;
    let drift = pipeline::drift(&demo.project).await.map_err(plain)?;
    let view = super::drift::view(&drift.expect("the demo has applied a revision"));
    outlet.result(&render::drift_text(&view, outlet.ink()))?;
    demo.sql("shop", &cluster, UNDO_BY_HAND).await?;

    demo.title("6. That is undone by hand; reconcile rollback takes the revision back")?;
    let back = pipeline::plan_rollback(&demo.project, Target::Newest)
        .await
        .map_err(plain)?;
    demo.apply(&back).await?;
    let after = demo.sums(&cluster).await?;
    if before != after {
        return Err(Failure::new("the rows are not what they were")
            .why(before)
            .why(after));
    }
    outlet.result(&format!(
        "Every row is back, value for value: {}\n",
        counts(&after)
    ))?;
    outlet.result("\nThat was the loop. The server and its folder are removed now.\n")?;
    drop(cluster);
    Ok(Exit::Done)
}

fn project(cluster: &Cluster, folder: &Path) -> Project {
    Project {
        settings: Settings::default(),
        desired: vec![folder.to_owned()],
        url: cluster.url("shop"),
        connect_timeout: Duration::from_secs(10),
        scratch: ScratchSource::Server(cluster.url("postgres")),
        allowed: ["retires_data", "breaks_clients"]
            .into_iter()
            .filter_map(|code| code.parse().ok())
            .collect(),
        adopt_journal: false,
        rewrites: Vec::new(),
    }
}

impl Demo<'_> {
    fn title(&self, text: &str) -> Result<(), Failure> {
        self.outlet
            .result(&format!("\n{}\n\n", self.outlet.ink().title(text)))
    }

    fn write(&self, folder: &Path, text: &str) -> Result<(), Failure> {
        std::fs::write(folder.join("shop.yaml"), text)
            .map_err(|error| Failure::new(format!("the demo's files cannot be written: {error}")))
    }

    async fn plan(&self) -> Result<Plan, Failure> {
        let loaded = pipeline::load(&self.project)?;
        pipeline::plan(&self.project, &loaded)
            .await
            .map_err(failure(&loaded.declared.origins))
    }

    async fn apply(&self, plan: &Plan) -> Result<(), Failure> {
        let mut progress = Told::new(self.outlet, plan.decision.stages.len());
        let caller = Caller {
            who: "demo".to_owned(),
            ..Caller::default()
        };
        let applied = pipeline::apply(
            &self.project,
            plan,
            &caller,
            Until::End,
            &self.stop,
            &mut progress,
        )
        .await
        .map_err(plain)?;
        drop(progress);
        self.outlet.result(&apply::told_of(&applied, Until::End))
    }

    async fn sql(
        &self,
        database: &str,
        cluster: &Cluster,
        sql: &'static str,
    ) -> Result<(), Failure> {
        let error = |error| plain(PipelineError::Catalog(error));
        let mut connection = catalog::connect(&cluster.url(database), Duration::from_secs(10))
            .await
            .map_err(error)?;
        catalog::run(&mut connection, sql).await.map_err(error)
    }

    async fn sums(&self, cluster: &Cluster) -> Result<String, Failure> {
        let error = |error| plain(PipelineError::Catalog(error));
        let mut connection = catalog::connect(&cluster.url("shop"), Duration::from_secs(10))
            .await
            .map_err(error)?;
        catalog::value(&mut connection, SUMS).await.map_err(error)
    }
}

/// Shows only the lines that changed.
fn difference(before: &str, after: &str) -> String {
    let diff = similar::TextDiff::from_lines(before, after);
    let mut text = String::new();
    for change in diff.iter_all_changes() {
        let sign = match change.tag() {
            similar::ChangeTag::Delete => '-',
            similar::ChangeTag::Insert => '+',
            similar::ChangeTag::Equal => continue,
        };
        text.push_str(&format!("  {sign} {}\n", change.value().trim_end()));
    }
    text
}

/// Leaves the checksums out.
fn counts(sums: &str) -> String {
    let parts = sums
        .split("; ")
        .filter_map(|part| part.rsplit_once(' ').map(|(head, _)| head));
    parts.collect::<Vec<_>>().join(", ")
}
