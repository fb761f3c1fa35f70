//! What is asked of live rows before a column changes its type: whether every value fits, and whether it comes back.

use super::domain::base_of;
use super::preflight::Question;
use crate::diff::Change;
use crate::model::{
    Address, Alteration, Column, ColumnAlteration, Conversion, EnumAlteration, Expression, Kind,
    Name, Object, Text as _, Written,
};
use crate::plan::{Context, Hazard};
use crate::sql::Sql;

/// Whose rows are meant where tables inherit from each other. Those of a partitioned table are all in its partitions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// Those of the table alone.
    Own,
    /// Those of the tables that inherit from it as well.
    All,
}

/// The rows of a live table, with its columns under the names that they get: that is how texts of a person speak of them.
pub(super) fn renamed_rows(before: &Address, name: &Name, whose: Whose, cx: &Context<'_>) -> Sql {
    let columns: Vec<Sql> = cx
        .level
        .before
        .all_columns_of(before)
        .iter()
        .map(|column| {
            let now = cx.level.moves.carry(column);
            Sql::empty().name(column.name()).push("AS").name(now.name())
        })
        .collect();
    let from = if whose == Whose::Own && !cx.level.before.is_partitioned(before) {
        "FROM ONLY"
    } else {
        "FROM"
    };
    Sql::new("(SELECT")
        .separated(&columns, ", ")
        .push(from)
        .path(before)
        .glue(") AS")
        .name(name)
}

/// Returns the value that a column has after its type has changed, and where the names in it are looked up; `None` where it
/// stays as it is.
pub(super) fn converted(column: &Address, cx: &Context<'_>) -> Option<(Sql, Vec<Name>)> {
    let about = of(column, cx)?;
    if about.from.type_name == about.to.type_name {
        return None;
    }
    let target = Written::from(&base_of(&about.to.type_name, cx));
    let plainly = || about.value().glue("::").glued_text(&target);
    let lookup = about.using().map(|own| own.lookup().to_vec());
    Some((
        about.converted().unwrap_or_else(plainly),
        lookup.unwrap_or_default(),
    ))
}

/// Says whether values of a column become other ones with its type, so that what holds for it may hold no longer.
pub(super) fn changes_values(address: &Address, change: &Change, cx: &Context<'_>) -> bool {
    about(address, change, cx).is_some_and(|own| own.converted().is_some())
}

/// Makes the questions about one change, each to be asked where the one before found nothing.
pub(super) fn questions(address: &Address, change: &Change, cx: &Context<'_>) -> Vec<Question> {
    if *change == Change::Alter(Alteration::Enum(EnumAlteration::Values)) {
        return labels_gone(address, cx);
    }
    let Some(about) = about(address, change, cx) else {
        return Vec::new();
    };
    if about.using().is_none()
        && let Some(labels) = about.enumeration()
    {
        // A label is found by its text, there and back; the type may not be there yet.
        let own = labels.map(|labels| about.asks_for(labels));
        return own.into_iter().collect();
    }
    let own = [about.fits(), about.comes_back()];
    own.into_iter().flatten().collect()
}

/// Returns the column that a change is about, where it changes its type and holds values.
fn about<'a>(address: &'a Address, change: &Change, cx: &'a Context<'_>) -> Option<About<'a>> {
    let Change::Alter(Alteration::Column(ColumnAlteration::Type { .. })) = change else {
        return None;
    };
    of(address, cx)
}

/// Returns a column that holds values before and after.
fn of<'a>(address: &'a Address, cx: &'a Context<'_>) -> Option<About<'a>> {
    let objects = [&cx.level.current.objects, &cx.level.desired.objects];
    let [Some(Object::Column(from)), Some(Object::Column(to))] =
        objects.map(|own| own.get(address))
    else {
        return None;
    };
    let before = cx.level.moves.carry_back(address);
    // Named as the live server spells it: types may be renamed by the same plan.
    let Some(Object::Column(live)) = cx.level.before.objects.get(&before) else {
        return None;
    };
    from.generated.is_none().then_some(About {
        address,
        before,
        from,
        live,
        to,
        cx,
    })
}

/// Asks which rows hold a label that an enum no longer has, wherever it is the type of a column, in the attic too.
fn labels_gone(address: &Address, cx: &Context<'_>) -> Vec<Question> {
    let level = cx.level;
    let Some(Object::Enum(own)) = level.desired.objects.get(address) else {
        return Vec::new();
    };
    // As the live server calls them: labels may be renamed by the same plan.
    let called = |label: &str| {
        let own = level.moves.carry_back(&address.value(label));
        Sql::empty().literal(own.name().as_str())
    };
    let turned: Vec<Sql> = level
        .remap(address)
        .keys()
        .map(|gone| called(gone))
        .collect();
    let known: Vec<Sql> = own
        .values
        .iter()
        .map(|own| called(own))
        .chain(turned.clone())
        .collect();
    let needed_by = level.current.needed_by();
    let columns = needed_by.get(address).into_iter().flatten();
    columns
        .flat_map(|column| {
            let gone = ["row holds a label that goes", "rows hold labels that go"];
            let gone =
                holds(column, "NOT IN (", &known, cx).map(|sql| Question::new(column, sql, gone));
            let other = [
                "row gets another label by `remap` and does not come back",
                "rows get other labels by `remap` and do not come back",
            ];
            let lost = (!turned.is_empty())
                .then(|| holds(column, "IN (", &turned, cx))
                .flatten();
            let lost = lost.map(|sql| Question {
                hazard: Hazard::LosesData,
                refused: "a row gets another label by `remap`",
                unanswered: Some("whether rows get another label by `remap` could not be counted"),
                ..Question::new(column, sql, other)
            });
            [gone, lost].into_iter().flatten()
        })
        .collect()
}

/// Counts the rows with labels of an enum in a column, or with none of them.
fn holds(column: &Address, among: &'static str, labels: &[Sql], cx: &Context<'_>) -> Option<Sql> {
    let level = cx.level;
    let there = level.moves.carry_back(column);
    let Some(Object::Column(live)) = level.before.objects.get(&there) else {
        return None;
    };
    if live.generated.is_some() || level.before.is_foreign(&there.table()) {
        return None;
    }
    let value = Sql::empty().name(there.name());
    let found = |value: Sql| {
        let sql = value.push(among).glue("").separated(labels, ", ");
        sql.glue(")")
    };
    let sql = Sql::new("SELECT count(*) FROM").path(&there.table());
    let sql = sql.push("WHERE");
    let sql = if live.type_name.sql().ends_with("[]") {
        let element = found(Sql::new("l"));
        sql.push("EXISTS (SELECT FROM unnest(")
            .glue("")
            .join(&value)
            .glue("::text[]) AS l WHERE")
            .join(&element)
            .glue(")")
    } else {
        sql.join(&found(value.glue("::text")))
    };
    Some(sql)
}

/// A column that changes its type.
struct About<'a> {
    address: &'a Address,
    before: Address,
    from: &'a Column<Expression>,
    live: &'a Column<Expression>,
    to: &'a Column<Expression>,
    cx: &'a Context<'a>,
}

impl About<'_> {
    fn value(&self) -> Sql {
        Sql::empty().name(self.address.name())
    }

    fn rows(&self) -> Sql {
        renamed_rows(
            &self.before.table(),
            self.address.table().name(),
            Whose::All,
            self.cx,
        )
    }

    /// Says whether the new type is an enum of ours, or an array of one: then with no labels to ask for.
    fn enumeration(&self) -> Option<Option<&[String]>> {
        let spelled = self.to.type_name.sql();
        let element = spelled.trim_end_matches("[]");
        let path = Name::split_reference(element).filter(|own| own.len() == 2)?;
        let own = Address::new(Kind::Enum, path);
        let Object::Enum(own) = self.cx.level.desired.objects.get(&own)? else {
            return None;
        };
        Some((element == spelled).then_some(own.values.as_slice()))
    }

    /// Asks which rows hold what an enum has no label for.
    fn asks_for(&self, labels: &[String]) -> Question {
        let labels: Vec<Sql> = labels.iter().map(|own| Sql::empty().literal(own)).collect();
        let sql = Sql::new("SELECT count(*) FROM")
            .join(&self.rows())
            .push("WHERE")
            .join(&self.value())
            .glue("::text NOT IN (")
            .separated(&labels, ", ")
            .glue(")");
        let what = [
            "row holds a value that is no label of the type",
            "rows hold values that are no labels of the type",
        ];
        Question::new(self.address, sql, what)
    }

    /// Asks whether any value is refused, or becomes NULL though nobody said so.
    fn fits(&self) -> Option<Question> {
        let converted = self.converted()?;
        // An expression of a person's own may want NULL; it is computed for every row all the same.
        let sql = if self.using().is_some() {
            Sql::new("SELECT 0 * count(")
                .glue("")
                .join(&converted)
                .glue(")")
        } else {
            Sql::new("SELECT count(*) FILTER (WHERE")
                .join(&converted)
                .is_null(true)
                .push("AND")
                .join(&self.value())
                .is_not_null(true)
                .glue(")")
        };
        let sql = sql.push("FROM").join(&self.rows());
        let what = ["value becomes NULL", "values become NULL"];
        let own = Question::new(self.address, sql, what);
        Some(self.looked_up(own, self.using()))
    }

    /// Asks whether every value comes back from the new type as it was.
    fn comes_back(&self) -> Option<Question> {
        let (converted, column) = (self.converted()?, self.address.name());
        // An explicit cast cuts what is too long; an assignment refuses it, blanks at its end apart.
        if self.by_assignment() && is_limited(&self.to.type_name) {
            let sql = Sql::new("SELECT count(*) FROM")
                .join(&self.rows())
                .push("WHERE rtrim(")
                .glue("")
                .join(&converted)
                .glue("::text) IS DISTINCT FROM rtrim(")
                .glue("")
                .join(&self.value())
                .glue("::text)");
            let what = ["value does not fit", "values do not fit"];
            return Some(Question::new(self.address, sql, what));
        }
        let was = Name::new("_reconcile_tmp_was");
        let columns = self.cx.level.before.columns_of(&self.before.table());
        let columns: Vec<Sql> = columns
            .iter()
            .map(|own| self.cx.level.moves.carry(own))
            .filter(|own| own.name() != column)
            .map(|own| Sql::empty().name(own.name()))
            .chain([
                converted.push("AS").name(column),
                self.value().push("AS").name(&was),
            ])
            .collect();
        let said = self.cx.level.intent.using_back.get(self.address);
        let former = Written::from(&self.live.type_name);
        let tried = self.cx.level.tried.get(self.address).map(|own| own.back);
        let back = match (said, tried) {
            (Some(said), _) => Sql::empty().expression(said),
            (None, Some(Conversion::Assignment | Conversion::Cast)) => {
                self.value().glue("::").glued_text(&former)
            }
            (None, Some(Conversion::ThroughText | Conversion::None) | None) => {
                self.value().glue("::text::").glued_text(&former)
            }
        };
        let sql = Sql::new("SELECT count(*) FROM (SELECT")
            .separated(&columns, ", ")
            .push("FROM")
            .join(&self.rows())
            .glue(") AS")
            .name(self.address.table().name())
            .push("WHERE (")
            .glue("")
            .join(&back)
            .glue(")::text IS DISTINCT FROM")
            .name(&was)
            .glue("::text");
        let what = [
            "value changes with the type and does not come back",
            "values change with the type and do not come back",
        ];
        let own = Question {
            hazard: Hazard::LosesData,
            refused: "a converted value does not come back",
            unanswered: Some("whether every converted value comes back could not be counted"),
            ..Question::new(self.address, sql, what)
        };
        Some(self.looked_up(own, self.using().or(said)))
    }

    fn looked_up(&self, question: Question, text: Option<&Written>) -> Question {
        Question {
            lookup: text.map(|own| own.lookup().to_vec()).unwrap_or_default(),
            ..question
        }
    }

    fn using(&self) -> Option<&Written> {
        self.cx.level.intent.using.get(self.address)
    }

    fn by_assignment(&self) -> bool {
        let tried = self.cx.level.tried.get(self.address);
        self.using().is_none() && tried.is_some_and(|own| own.conversion == Conversion::Assignment)
    }

    /// Says how a value becomes one of the new type; `None` where every value fits and comes back, or there is no way.
    fn converted(&self) -> Option<Sql> {
        if let Some(said) = self.using() {
            return Some(Sql::new("(").glue("").expression(said).glue(")"));
        }
        let tried = self.cx.level.tried.get(self.address)?;
        let (from, to) = (self.from.type_name.sql(), self.to.type_name.sql());
        if !tried.rewrites || keeps_all(from, to) {
            return None;
        }
        let through = match tried.conversion {
            Conversion::Assignment | Conversion::Cast => "::",
            Conversion::ThroughText => "::text::",
            Conversion::None => return None,
        };
        let target = Written::from(&base_of(&self.to.type_name, self.cx));
        let own = Sql::new("(").glued_name(self.address.name()).glue(through);
        Some(own.glued_text(&target).glue(")"))
    }
}

/// Says whether values of a type are limited in length: an assignment refuses what is longer, a cast cuts it.
pub(super) fn is_limited(type_name: &Expression) -> bool {
    let word = type_name.sql().split('(').next().unwrap_or_default();
    ["character", "character varying", "bit", "bit varying"].contains(&word)
}

/// Says whether the server's own cast keeps every value, and the cast back finds it: such columns need not be read.
fn keeps_all(from: &str, to: &str) -> bool {
    let wider: &[&str] = match from {
        "smallint" => &["integer", "bigint", "numeric", "text"],
        "integer" => &["bigint", "numeric", "double precision", "text"],
        "bigint" => &["numeric", "text"],
        "real" => &["double precision"],
        "date" => &["timestamp without time zone", "text"],
        "boolean" | "uuid" | "numeric" => &["text"],
        _ => &[],
    };
    wider.contains(&to)
}
