//! What came with which major.

use super::{Clause, Membership, Object, Options, Provider, Said, Validity};

impl<T> Object<T> {
    /// Returns the first major that knows everything which is said of the object, and what it is that those before do not know;
    /// none where every supported one does.
    pub fn needs_major(&self) -> Option<(u16, &'static str)> {
        let all = [
            (self.is_not_enforced(), 18, "NOT ENFORCED"),
            (
                matches!(self, Self::NotNull(own) if own.no_inherit),
                18,
                "a NOT NULL with NO INHERIT",
            ),
            (
                matches!(self, Self::NotNull(own) if own.validity == Validity::NotValid),
                18,
                "a NOT NULL with NOT VALID",
            ),
            (
                matches!(self, Self::PrimaryKey(own) if own.without_overlaps)
                    || matches!(self, Self::Unique(own) if own.without_overlaps),
                18,
                "WITHOUT OVERLAPS",
            ),
            (
                matches!(self, Self::ForeignKey(own) if own.period),
                18,
                "PERIOD",
            ),
            (
                matches!(self, Self::Column(own) if own.is_virtual),
                18,
                "a virtual generated column",
            ),
            (
                matches!(self, Self::Collation(own) if own.provider == Provider::Builtin),
                17,
                "the provider builtin",
            ),
            (
                self.limits_memberships(),
                16,
                "a membership with `no inherit` or `no set`",
            ),
            (
                matches!(self, Self::Collation(own) if own.rules.is_some()),
                16,
                "a collation with rules",
            ),
            (
                matches!(self, Self::ForeignKey(own) if !own.set_columns.is_empty()),
                15,
                "SET NULL or SET DEFAULT with columns",
            ),
            (
                matches!(self, Self::Unique(own) if own.nulls_not_distinct)
                    || matches!(self, Self::Index(own) if own.nulls_not_distinct),
                15,
                "NULLS NOT DISTINCT",
            ),
            (
                matches!(self, Self::View(own) if own.options.keys().any(|own| own.as_str() == "security_invoker")),
                15,
                "security_invoker",
            ),
        ];
        let mut said = all.into_iter().filter(|(is_said, _, _)| *is_said);
        said.next().map(|(_, major, what)| (major, what))
    }

    fn limits_memberships(&self) -> bool {
        let Self::Defined(own) = self else {
            return false;
        };
        let Some(Said::Options(Options(pairs))) = own.says(Clause::MemberOf) else {
            return false;
        };
        let mut all = pairs.iter().map(|(_, words)| Membership::of(words));
        all.any(|own| own.inherit == Some(false) || own.no_set)
    }

    fn is_not_enforced(&self) -> bool {
        let none = Validity::NotEnforced;
        matches!(self, Self::Check(own) if own.validity == none)
            || matches!(self, Self::ForeignKey(own) if own.validity == none)
    }
}
