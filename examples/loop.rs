//! The loop as a library: plan, show, apply, plan again, roll back.
//!
//! `cargo run --example loop -- postgres://localhost/shop examples/shop/schema`

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use reconcile::desired;
use reconcile::model::{ScratchSource, Settings};
use reconcile::pipeline::{self, Caller, Project, Silent, Stop, Target};
use reconcile::plan::Until;
use reconcile::render;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example talks")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("give the URL of a database and a folder of YAML files".into());
    };
    let project = Project {
        settings: Settings::default(),
        desired: vec![PathBuf::from(folder)],
        url,
        connect_timeout: Duration::from_secs(10),
        scratch: ScratchSource::default(),
        // What a person would allow after reading the plan: nothing here, so that what loses or breaks is refused.
        allowed: Vec::new(),
        adopt_journal: false,
        rewrites: Vec::new(),
    };
    let (stop, caller) = (Stop::default(), Caller::default());

    let declared = desired::read(&project.desired)?;
    let plan = pipeline::plan(&project, &declared).await?;
    println!("{}", render::text(&plan, render::Ink::default()));
    if plan.decision.is_empty() {
        return Ok(());
    }
    let applied = pipeline::apply(&project, &plan, &caller, Until::End, &stop, &mut Silent).await?;
    println!(
        "Revision {} is applied: {} stages.",
        applied.revision.unwrap_or_default(),
        applied.stages
    );

    let again = pipeline::plan(&project, &declared).await?;
    assert!(
        again.decision.is_empty(),
        "a plan that was applied leaves nothing to do"
    );

    // The way back sets aside what was made; somebody has read that and allows it.
    let project = Project {
        allowed: vec!["retires_data".parse()?, "breaks_clients".parse()?],
        ..project
    };
    let back = pipeline::plan_rollback(&project, Target::Newest).await?;
    println!("{}", render::text(&back, render::Ink::default()));
    pipeline::apply(&project, &back, &caller, Until::End, &stop, &mut Silent).await?;
    Ok(())
}
