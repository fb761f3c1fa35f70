//! How a role is a member of another one.

use super::{Address, Clause, Defined, Kind, Name, Object, Options, Said};

impl Address {
    /// Returns the address of a role.
    pub fn role(name: &Name) -> Self {
        Self::new(Kind::Defined(Defined::Role), [name.clone()])
    }
}

impl<T> Object<T> {
    /// Returns the roles that a role is a member of.
    pub fn member_of(&self) -> impl Iterator<Item = &Name> {
        let pairs = if let Self::Defined(own) = self
            && let Some(Said::Options(Options(pairs))) = own.says(Clause::MemberOf)
        {
            pairs.as_slice()
        } else {
            &[]
        };
        pairs.iter().map(|(role, _)| role)
    }
}

/// What a membership gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Membership {
    /// Whether the member may make others members.
    pub admin: bool,
    /// Whether the member has what the role has; nothing is said of it before 16, where that follows from the member.
    pub inherit: Option<bool>,
    /// Whether the member may not take the place of the role (16 and later).
    pub no_set: bool,
}

impl Membership {
    /// The words that a file may say of one.
    pub const WORDS: [&'static str; 4] = ["member", "admin", "no inherit", "no set"];

    /// Reads what a clause says, or what a file does.
    pub fn of(words: &str) -> Self {
        let mut own = Self::default();
        for word in words.split(',').map(str::trim) {
            match word {
                "admin" => own.admin = true,
                "inherit" => own.inherit = Some(true),
                "no inherit" => own.inherit = Some(false),
                "no set" => own.no_set = true,
                _ => {}
            }
        }
        own
    }

    /// Returns what a server of this major says of it.
    pub fn on(self, major: u16) -> Self {
        Self {
            inherit: (major >= 16).then_some(self.inherit.unwrap_or(true)),
            ..self
        }
    }

    /// Says whether another one gives less in some way.
    pub fn loses(self, to: Self) -> bool {
        self.admin && !to.admin || self.inherit > to.inherit || !self.no_set && to.no_set
    }

    /// Returns what a file says of it.
    pub fn in_files(self) -> Self {
        Self {
            inherit: self.inherit.filter(|own| !own),
            ..self
        }
    }

    /// Spells it, always in one order.
    pub fn spelled(self) -> String {
        let mut words = Vec::new();
        if self.admin {
            words.push("admin");
        }
        words.extend(
            self.inherit
                .map(|own| if own { "inherit" } else { "no inherit" }),
        );
        if self.no_set {
            words.push("no set");
        }
        if words.is_empty() {
            words.push("member");
        }
        words.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_membership_is_spelled_in_one_way() {
        let said = Membership::of("no set,admin");
        assert_eq!(said.spelled(), "admin, no set");
        assert_eq!(said.on(18).spelled(), "admin, inherit, no set");
        assert_eq!(said.on(18).in_files(), said);
        assert_eq!(Membership::of("member").on(15).spelled(), "member");
        assert_eq!(Membership::of("member").on(16).spelled(), "inherit");
    }
}
