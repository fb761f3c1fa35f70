//! Revisions: what was applied, by whom, and the models before and after.

use sqlx::{AssertSqlSafe, PgConnection, Row};

use super::{HistoryError, table};
use crate::model::{Expression, Model, Name};
use crate::plan::Plan;
use crate::sql::Sql;

/// How a revision ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It runs, or its applier is gone.
    Running,
    /// Every step is done.
    Done,
    /// It stopped part-way.
    Stopped,
    /// It was to come this far at first.
    Paused,
}

impl Outcome {
    /// Returns the stored word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Stopped => "stopped",
            Self::Paused => "paused",
        }
    }

    fn from_word(word: &str) -> Self {
        match word {
            "done" => Self::Done,
            "running" => Self::Running,
            "paused" => Self::Paused,
            _ => Self::Stopped,
        }
    }
}

/// One revision.
#[derive(Clone, Debug)]
pub struct Revision {
    /// Its number.
    pub id: i64,
    /// The revisions it undoes.
    pub undoes: Vec<i64>,
    /// The plan it carried out, inverse included.
    pub plan: Plan,
    /// The managed database before it.
    pub model_before: Model<Expression>,
    /// The managed database after it, once done.
    pub model_after: Option<Model<Expression>>,
    /// The git commit of the files, where there was one.
    pub git_commit: Option<String>,
    /// The role and the person.
    pub who: String,
    /// The machine.
    pub host: String,
    /// When it began, in UTC.
    pub started: String,
    /// When it ended, in UTC.
    pub finished: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// How many stages are done.
    pub stages_done: usize,
}

/// What is known when a revision begins.
pub(crate) struct NewRevision<'a> {
    pub(crate) project: &'a str,
    pub(crate) plan: &'a Plan,
    pub(crate) undoes: &'a [i64],
    pub(crate) before: &'a Model<Expression>,
    pub(crate) git_commit: Option<&'a str>,
    pub(crate) who: &'a str,
    pub(crate) host: &'a str,
}

/// Records that a revision begins, and returns its number. The inverse is stored before the first step runs.
pub(crate) async fn begin(
    connection: &mut PgConnection,
    schema: &Name,
    new: &NewRevision<'_>,
) -> Result<i64, HistoryError> {
    let sql = Sql::new("INSERT INTO")
        .join(&table(schema, "revision"))
        .push(
            "(project, plan_id, undoes, plan, model_before, git_commit, who, host, tool, outcome) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'running') RETURNING id",
        );
    let row = sqlx::query(AssertSqlSafe(sql.executable()))
        .bind(new.project)
        .bind(new.plan.decision.id().as_str())
        .bind(new.undoes)
        .bind(new.plan.to_json())
        .bind(json(new.before))
        .bind(new.git_commit)
        .bind(new.who)
        .bind(new.host)
        .bind(env!("CARGO_PKG_VERSION"))
        .fetch_one(connection)
        .await?;
    Ok(row.try_get("id")?)
}

/// Records how a revision ended.
pub(crate) async fn finish(
    connection: &mut PgConnection,
    schema: &Name,
    id: i64,
    outcome: Outcome,
    after: Option<&Model<Expression>>,
) -> Result<(), HistoryError> {
    let sql = Sql::new("UPDATE").join(&table(schema, "revision")).push(
        "SET outcome = $2, finished = now(), model_after = coalesce($3, model_after) WHERE id = $1",
    );
    sqlx::query(AssertSqlSafe(sql.executable()))
        .bind(id)
        .bind(outcome.word())
        .bind(after.map(json))
        .execute(connection)
        .await?;
    Ok(())
}

/// Records that a revision goes on.
pub(crate) async fn goes_on(
    connection: &mut PgConnection,
    schema: &Name,
    id: i64,
) -> Result<(), HistoryError> {
    let sql = Sql::new("UPDATE")
        .join(&table(schema, "revision"))
        .push("SET outcome = 'running', finished = NULL WHERE id = $1");
    sqlx::query(AssertSqlSafe(sql.executable()))
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

fn json(model: &Model<Expression>) -> String {
    serde_json::to_string(model).expect("a model is strings and string-keyed maps")
}

/// Reads the revisions of a project, oldest first.
pub(crate) async fn load(
    connection: &mut PgConnection,
    schema: &Name,
    project: &str,
) -> Result<Vec<Revision>, HistoryError> {
    let sql = Sql::new(
        "SELECT r.id, r.undoes, r.plan, r.model_before, r.model_after, r.git_commit, r.who, r.host, \
         to_char(r.started AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS started, \
         to_char(r.finished AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS finished, r.outcome, \
         (SELECT count(*) FROM",
    )
    .join(&table(schema, "step"))
    .push("s WHERE s.revision = r.id AND s.state = 'done') AS stages_done FROM")
    .join(&table(schema, "revision"))
    .push("r WHERE r.project = $1 ORDER BY r.id");
    let rows = sqlx::query(AssertSqlSafe(sql.executable()))
        .bind(project)
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| {
            let id: i64 = row.try_get("id")?;
            let model = |what, text: &str| {
                serde_json::from_str(text).map_err(|error| HistoryError::Damaged {
                    what,
                    revision: id,
                    reason: error.to_string(),
                })
            };
            let plan =
                Plan::from_json(row.try_get("plan")?).map_err(|error| HistoryError::Damaged {
                    what: "plan",
                    revision: id,
                    reason: error.to_string(),
                })?;
            let after: Option<String> = row.try_get("model_after")?;
            Ok(Revision {
                id,
                undoes: row.try_get("undoes")?,
                plan,
                model_before: model("model", row.try_get("model_before")?)?,
                model_after: after.map(|text| model("model", &text)).transpose()?,
                git_commit: row.try_get("git_commit")?,
                who: row.try_get("who")?,
                host: row.try_get("host")?,
                started: row.try_get("started")?,
                finished: row.try_get("finished")?,
                outcome: Outcome::from_word(row.try_get("outcome")?),
                stages_done: usize::try_from(row.try_get::<i64, _>("stages_done")?).unwrap_or(0),
            })
        })
        .collect()
}

/// Takes a revision out that changed nothing.
pub(crate) async fn forget(
    connection: &mut PgConnection,
    schema: &Name,
    id: i64,
) -> Result<(), HistoryError> {
    let sql = Sql::new("DELETE FROM")
        .join(&table(schema, "revision"))
        .push("WHERE id = $1");
    sqlx::query(AssertSqlSafe(sql.executable()))
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}
