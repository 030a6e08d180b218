use super::Refusal;

/// Longest description that is read, in bytes; the SIP side does not carry longer messages either.
const LONGEST: usize = 64 * 1024;

/// Most `m=` sections that are read; a browser with screen sharing and a data channel offers four.
const MOST_SECTIONS: usize = 32;

/// A session description (RFC 8866 §5) as lines. Lines that mean nothing to this phone are not
/// kept.
#[derive(Debug)]
pub(super) struct Description<'a> {
    /// The value of the session's `c=`.
    pub(super) connection: Option<&'a str>,
    pub(super) attributes: Vec<Attribute<'a>>,
    pub(super) sections: Vec<Section<'a>>,
}

/// One `m=` line and what belongs to it (RFC 8866 §5.14).
#[derive(Debug)]
pub(super) struct Section<'a> {
    pub(super) kind: &'a str,
    pub(super) port: u16,
    pub(super) protocol: &'a str,
    pub(super) formats: Vec<&'a str>,
    pub(super) connection: Option<&'a str>,
    pub(super) attributes: Vec<Attribute<'a>>,
}

/// `a=name` or `a=name:value` (RFC 8866 §5.13).
#[derive(Debug, Clone, Copy)]
pub(super) struct Attribute<'a> {
    pub(super) name: &'a str,
    /// Empty for `a=name`.
    pub(super) value: &'a str,
}

impl<'a> Description<'a> {
    /// Reads `text` line by line; ends of line may be CRLF or LF, blank and unknown lines are
    /// passed over.
    pub(super) fn parse(text: &'a str) -> Result<Self, Refusal> {
        if text.len() > LONGEST {
            return Err(Refusal::new("the session description is too long"));
        }
        let mut lines = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .filter_map(|line| line.split_once('='));
        match lines.next() {
            Some(("v", "0")) => {}
            Some(_) | None => return Err(Refusal::new("this is no session description (v=0)")),
        }
        let mut description = Self {
            connection: None,
            attributes: Vec::new(),
            sections: Vec::new(),
        };
        for (kind, value) in lines {
            let (connection, attributes) = match description.sections.last_mut() {
                Some(section) => (&mut section.connection, &mut section.attributes),
                None => (&mut description.connection, &mut description.attributes),
            };
            match kind {
                "c" => {
                    connection.get_or_insert(value);
                }
                "a" => attributes.push(Attribute::parse(value)),
                "m" => {
                    if description.sections.len() == MOST_SECTIONS {
                        return Err(Refusal::new(
                            "the session description has too many m= lines",
                        ));
                    }
                    description.sections.push(Section::parse(value)?);
                }
                _ => {}
            }
        }
        Ok(description)
    }
}

impl<'a> Section<'a> {
    fn parse(value: &'a str) -> Result<Self, Refusal> {
        let broken = || Refusal::new(format!("m={value}: this is no media line"));
        let mut words = value.split_ascii_whitespace();
        let kind = words.next().ok_or_else(broken)?;
        // RFC 8866 §5.14: <port>/<number of ports>
        let port = words.next().ok_or_else(broken)?;
        let port = port.split_once('/').map_or(port, |(port, _)| port);
        Ok(Self {
            kind,
            port: port.parse().map_err(|_| broken())?,
            protocol: words.next().ok_or_else(broken)?,
            formats: words.collect(),
            connection: None,
            attributes: Vec::new(),
        })
    }
}

impl<'a> Attribute<'a> {
    fn parse(value: &'a str) -> Self {
        let (name, value) = value.split_once(':').unwrap_or((value, ""));
        Self {
            name: name.trim(),
            value: value.trim(),
        }
    }
}

/// Returns the value of the first attribute called `name`.
pub(super) fn first<'a>(attributes: &[Attribute<'a>], name: &str) -> Option<&'a str> {
    all(attributes, name).next()
}

/// Returns the values of all attributes called `name`, in their order.
pub(super) fn all<'a, 'b>(
    attributes: &'b [Attribute<'a>],
    name: &'b str,
) -> impl Iterator<Item = &'a str> + 'b {
    attributes
        .iter()
        .filter(move |attribute| attribute.name == name)
        .map(|attribute| attribute.value)
}
