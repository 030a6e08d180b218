/// Parameters of a URI, Via or header value, in their order: `;name` or `;name=value`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Params(Vec<(String, Option<String>)>);

impl Params {
    /// Returns the value without quotes; `None` where the parameter is absent or has no value. Names match in any case.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        todo!("{name}")
    }

    /// Returns whether the parameter is there, with or without a value.
    pub(crate) fn has(&self, name: &str) -> bool {
        todo!("{name}")
    }

    /// Sets or replaces a parameter; a value that is no token is written in quotes.
    pub(crate) fn set(&mut self, name: &'static str, value: Option<&str>) {
        todo!("{name} {value:?}")
    }
}
