//! Types of a random state as SQL, and values of them.

use super::attributes::quoted;
use super::state::{ColumnSpec, ID, State, Type};

impl ColumnSpec {
    pub(super) fn value(&self, at: u32, state: &State) -> String {
        let own = match self.kind {
            _ if at == ID => return "g".to_owned(),
            Type::Integer | Type::Bigint | Type::Domain(_) => "g * 7".to_owned(),
            Type::Text | Type::Varchar => "'v''' || g".to_owned(),
            Type::Date => "date '2020-02-29' + g".to_owned(),
            Type::Range(own) => {
                let bound = state.ranges[&own].bound();
                let name = self.kind.sql(state);
                format!("{name}(g::{bound}, (g + 2)::{bound})")
            }
            Type::Composite(own) => {
                let value = state.composites[&own].value("7");
                format!("'{value}'::{}", self.kind.sql(state))
            }
            Type::NumberRange => "int4range(g, g + 1)".to_owned(),
            Type::DateRange => "daterange('2020-02-29', '2020-03-01')".to_owned(),
            Type::Enum(own) => {
                let home = quoted(&state.schemas[&1].name);
                format!(
                    "{}::{home}.{}",
                    self.kind.constant(state),
                    quoted(&state.enums[&own].own.name)
                )
            }
        };
        if self.not_null {
            own
        } else {
            format!("CASE WHEN g % 3 > 0 THEN {own} END")
        }
    }
}

impl Type {
    pub(super) fn sql(self, state: &State) -> String {
        match self {
            Self::Integer => "integer".to_owned(),
            Self::Bigint => "bigint".to_owned(),
            Self::Text => "text".to_owned(),
            Self::Varchar => "varchar(40)".to_owned(),
            Self::Date => "date".to_owned(),
            Self::NumberRange => "int4range".to_owned(),
            Self::DateRange => "daterange".to_owned(),
            Self::Enum(at) => {
                let home = quoted(&state.schemas[&1].name);
                format!("{home}.{}", quoted(&state.enums[&at].own.name))
            }
            Self::Domain(at) => {
                let home = quoted(&state.schemas[&1].name);
                format!("{home}.{}", quoted(&state.domains[&at].own.name))
            }
            Self::Range(at) => {
                let home = quoted(&state.schemas[&1].name);
                format!("{home}.{}", quoted(&state.ranges[&at].own.name))
            }
            Self::Composite(at) => {
                let home = quoted(&state.schemas[&1].name);
                format!("{home}.{}", quoted(&state.composites[&at].own.name))
            }
        }
    }

    pub(super) fn constant(self, state: &State) -> String {
        match self {
            Self::Integer | Self::Bigint | Self::Domain(_) => "42".to_owned(),
            Self::Text | Self::Varchar => "'it''s'".to_owned(),
            Self::Date => "'2021-01-01'".to_owned(),
            Self::NumberRange | Self::DateRange | Self::Range(_) => "'empty'".to_owned(),
            Self::Composite(at) => format!("'{}'", state.composites[&at].value("42")),
            Self::Enum(at) => {
                let own = &state.enums[&at];
                format!("'{}'", own.labels[&own.order[0]].replace('\'', "''"))
            }
        }
    }
}
