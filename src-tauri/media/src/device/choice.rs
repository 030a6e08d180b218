use std::collections::BTreeMap;
use std::fmt;

/// What names a device for good: it outlives restarts, and the device being pulled and plugged in
/// again.
///
/// `pulseaudio:alsa_input.usb-…`, `wasapi:{…}`; the first 1,024 bytes are kept.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId(String);

const LONGEST_ID: usize = 1_024;
const LONGEST_NAME: usize = 256;

/// Stands for a name that says nothing.
const UNNAMED: &str = "Unnamed device";

impl DeviceId {
    pub fn new(id: impl Into<String>) -> Self {
        let mut id = id.into();
        id.truncate(id.floor_char_boundary(LONGEST_ID));
        Self(id)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Escaped: the id comes from outside.
        write!(f, "{:?}", self.0)
    }
}

/// What a device is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    Microphone,
    Speaker,
    Ringer,
}

impl Role {
    pub const ALL: [Self; 3] = [Self::Microphone, Self::Speaker, Self::Ringer];

    /// Returns the word for it in a sentence.
    fn noun(self) -> &'static str {
        match self {
            Self::Microphone => "microphone",
            Self::Speaker => "speaker",
            Self::Ringer => "ringer",
        }
    }
}

/// What the system says about the make of a device, as far as it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Headset,
    BuiltIn,
    Bluetooth,
    /// Not a microphone: what an output plays.
    Monitor,
    Other,
}

/// A sound device, as the last listing had it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    pub id: DeviceId,
    /// For people: one line of 1 to 256 bytes.
    pub name: String,
    pub input: bool,
    pub output: bool,
    pub is_default_input: bool,
    pub is_default_output: bool,
    pub kind: Kind,
}

impl Device {
    /// Returns whether `role` can use it.
    pub fn serves(&self, role: Role) -> bool {
        match role {
            Role::Microphone => self.input,
            Role::Speaker | Role::Ringer => self.output,
        }
    }

    pub(crate) fn serves_by_default(&self, role: Role) -> bool {
        match role {
            Role::Microphone => self.is_default_input,
            Role::Speaker | Role::Ringer => self.is_default_output,
        }
    }
}

/// Returns `name` fit to be shown: one line without control or direction characters, at most 256
/// bytes, never empty.
pub(crate) fn shown(name: &str) -> String {
    let mut shown = String::new();
    // What is longer than this is cut anyway, whatever it is.
    for word in name[..name.floor_char_boundary(16 * LONGEST_NAME)].split(is_space) {
        let word: String = word.chars().filter(|c| !is_invisible(*c)).collect();
        if word.is_empty() {
            continue;
        }
        if !shown.is_empty() {
            shown.push(' ');
        }
        shown.push_str(&word);
    }
    if shown.len() > LONGEST_NAME {
        shown.truncate(shown.floor_char_boundary(LONGEST_NAME - '…'.len_utf8()));
        shown.push('…');
    }
    if shown.is_empty() {
        UNNAMED.clone_into(&mut shown);
    }
    shown
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

/// Marks, joiners and overrides of the direction (Unicode UAX #9 §2), with which one name can look
/// like another.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{feff}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
    )
}

/// Numbers devices of the same name, in the order of their ids, so that each number stays with its
/// device.
pub(crate) fn tell_apart(devices: &mut [Device]) {
    let mut order: Vec<usize> = (0..devices.len()).collect();
    order.sort_by(|a, b| devices[*a].id.cmp(&devices[*b].id));
    let mut seen: BTreeMap<(String, bool), u32> = BTreeMap::new();
    for index in order {
        let device = &mut devices[index];
        // A headset has its name as input and as output: these two are no namesakes.
        let count = [(device.input, true), (device.output, false)]
            .into_iter()
            .filter(|(has, _)| *has)
            .map(|(_, input)| {
                let count = seen.entry((device.name.clone(), input)).or_default();
                *count += 1;
                *count
            })
            .max()
            .unwrap_or(1);
        if count > 1 {
            let number = format!(" ({count})");
            let room = LONGEST_NAME - number.len();
            device.name.truncate(device.name.floor_char_boundary(room));
            device.name.push_str(&number);
        }
    }
}

/// Which devices a role takes, best first. Empty: the system's default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preference {
    pub favourites: Vec<DeviceId>,
}

/// Returns what can serve `role`, best first: the favourites that are there, the system's default,
/// then everything else.
///
/// A monitor is taken as a microphone only where it is a favourite: it would send the far end's own
/// voice back.
pub(crate) fn candidates<'a>(
    role: Role,
    preference: &Preference,
    devices: &'a [Device],
) -> Vec<&'a Device> {
    let mut usable: Vec<&Device> = devices
        .iter()
        .filter(|device| device.serves(role))
        .filter(|device| device.kind != Kind::Monitor || preference.favourites.contains(&device.id))
        .collect();
    usable.sort_by_key(|device| rank(role, preference, device));
    usable
}

/// Returns the place of `device`: that among the favourites, then the default, then the likely
/// kinds.
fn rank(role: Role, preference: &Preference, device: &Device) -> (usize, u8) {
    let favourites = &preference.favourites;
    if let Some(place) = favourites.iter().position(|id| *id == device.id) {
        return (place, 0);
    }
    let place = favourites.len();
    if device.serves_by_default(role) {
        return (place, 0);
    }
    let likely = match device.kind {
        Kind::Headset => 1,
        Kind::BuiltIn => 2,
        Kind::Bluetooth => 3,
        Kind::Other => 4,
        Kind::Monitor => 5,
    };
    (place, likely)
}

/// Why a device cannot be used at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is not there any more.
    Gone,
    /// Another program has it for itself.
    Busy,
    /// The system does not let this program use it.
    Refused,
    /// The sound server does not answer.
    ServerGone,
    /// It did not answer in time, or its stream stands still.
    Stuck,
    /// Anything else; the log has it.
    Broken,
}

/// The code of a [`Reason`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// What was used is not there any more, or there never was any.
    Gone,
    /// Another program has it for itself.
    Busy,
    /// The system does not let this program use it.
    Refused,
    /// The sound server does not answer.
    Service,
    /// It did not answer in time, or its stream stands still.
    Stuck,
    /// Anything else; the log has it.
    Broken,
    /// A favourite appeared, or the preference was changed.
    Preferred,
    /// The system's default is another one.
    Default,
    /// What failed works.
    Recovered,
}

impl From<Fault> for Why {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Gone => Self::Gone,
            Fault::Busy => Self::Busy,
            Fault::Refused => Self::Refused,
            Fault::ServerGone => Self::Service,
            Fault::Stuck => Self::Stuck,
            Fault::Broken => Self::Broken,
        }
    }
}

/// Why a role uses another device than its user expects, or none, for programs and for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    pub why: Why,
    /// The name of the device that cannot be used, where one is known.
    pub lost: Option<String>,
    /// What happened, in a sentence.
    pub words: String,
}

/// What happened to the device of a role, to be told to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change<'a> {
    /// Another device is in use, because that of this name is not usable any more.
    Replaced {
        by: &'a str,
        lost: &'a str,
        fault: Fault,
    },
    /// A favourite appeared, or the preference was changed.
    Preferred { device: &'a str },
    /// The system's default is another one.
    DefaultChanged { device: &'a str },
    /// What failed works.
    Recovered { device: &'a str },
    /// Nothing is in use; `lost` is what was or would be.
    Without { lost: Option<&'a str>, fault: Fault },
}

impl Change<'_> {
    pub(crate) fn reason(&self, role: Role) -> Reason {
        let (why, lost) = match self {
            Self::Replaced { lost, fault, .. } => ((*fault).into(), Some(*lost)),
            Self::Preferred { .. } => (Why::Preferred, None),
            Self::DefaultChanged { .. } => (Why::Default, None),
            Self::Recovered { .. } => (Why::Recovered, None),
            Self::Without { lost, fault } => ((*fault).into(), *lost),
        };
        Reason {
            why,
            lost: lost.map(str::to_owned),
            words: self.words(role),
        }
    }

    /// Returns it in plain words: what happened, and what is used or tried.
    fn words(&self, role: Role) -> String {
        let noun = role.noun();
        match self {
            Self::Replaced { by, lost, fault } => {
                format!("{} Using {by} now.", sentence(lost, *fault))
            }
            Self::Preferred { device } => format!("Using {device} now."),
            Self::DefaultChanged { device } => {
                let noun = match role {
                    Role::Microphone => noun,
                    // The system knows no ringer.
                    Role::Speaker | Role::Ringer => Role::Speaker.noun(),
                };
                format!("The system's {noun} is now {device}. Using it.")
            }
            Self::Recovered { device } => format!("{device} works again."),
            Self::Without { lost, fault } => match (lost, fault) {
                (None, Fault::Gone) => format!("No {noun} was found."),
                (Some(lost), Fault::Gone) => {
                    format!("{lost} disconnected. No other {noun} was found.")
                }
                (_, Fault::ServerGone) => {
                    format!(
                        "The sound service of this computer is not running, so there is no {noun}. \
                         Trying again."
                    )
                }
                (Some(lost), Fault::Busy | Fault::Stuck | Fault::Broken) => {
                    format!("{} Trying again.", sentence(lost, *fault))
                }
                (None, Fault::Busy | Fault::Stuck | Fault::Broken) => {
                    format!("No {noun} can be used. Trying again.")
                }
                (_, Fault::Refused) => format!(
                    "The system does not let this program use the {noun}. \
                     Allow it in the privacy settings."
                ),
            },
        }
    }
}

/// Returns what is wrong with the device `name`.
fn sentence(name: &str, fault: Fault) -> String {
    match fault {
        Fault::Gone => format!("{name} disconnected."),
        Fault::Busy => format!("{name} is used by another program."),
        Fault::Refused => format!("The system does not let this program use {name}."),
        Fault::ServerGone => "The sound service of this computer stopped.".to_owned(),
        Fault::Stuck => format!("{name} does not respond."),
        Fault::Broken => format!("{name} stopped working."),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_first_favourite_that_is_there_is_chosen() {
        let devices = [laptop(), headset("usb-1"), headset("usb-2")];
        let preference = prefer(&["usb-9", "usb-2", "usb-1"]);
        assert_eq!(best(Role::Microphone, &preference, &devices), "usb-2");
        assert_eq!(best(Role::Ringer, &preference, &devices), "usb-2");
    }

    #[test]
    fn without_a_favourite_the_default_is_chosen_and_a_returning_favourite_wins_again() {
        let preference = prefer(&["usb-1"]);
        let gone = [laptop(), headset("usb-2")];
        assert_eq!(best(Role::Speaker, &preference, &gone), "laptop");
        let back = [laptop(), headset("usb-2"), headset("usb-1")];
        assert_eq!(best(Role::Speaker, &preference, &back), "usb-1");
    }

    #[test]
    fn where_nothing_is_default_a_headset_comes_before_the_rest() {
        let mut built_in = laptop();
        built_in.is_default_input = false;
        let devices = [device("hdmi", Kind::Other), built_in, headset("usb-1")];
        let order: Vec<&str> = candidates(Role::Microphone, &Preference::default(), &devices)
            .iter()
            .map(|device| device.id.as_str())
            .collect();
        assert_eq!(order, ["usb-1", "laptop", "hdmi"]);
    }

    #[test]
    fn nothing_is_chosen_where_nothing_serves() {
        let mut speaker = device("hdmi", Kind::Other);
        speaker.input = false;
        let preference = prefer(&["hdmi"]);
        assert!(candidates(Role::Microphone, &preference, &[speaker]).is_empty());
        assert!(candidates(Role::Speaker, &preference, &[]).is_empty());
    }

    #[test]
    fn a_monitor_is_a_microphone_only_where_it_is_a_favourite() {
        let mut monitor = device("speakers.monitor", Kind::Monitor);
        monitor.is_default_input = true;
        let devices = [monitor];
        assert!(candidates(Role::Microphone, &Preference::default(), &devices).is_empty());
        let preference = prefer(&["speakers.monitor"]);
        assert_eq!(
            best(Role::Microphone, &preference, &devices),
            "speakers.monitor"
        );
    }

    #[test]
    fn a_name_is_one_line_of_256_bytes_at_most_and_never_empty() {
        for empty in ["", "  ", "\0\u{1}\n", "\u{202e}\u{200b}"] {
            assert_eq!(shown(empty), UNNAMED);
        }
        assert_eq!(
            shown(" Jabra\tEvolve\r\n\u{1b}[31m65 "),
            "Jabra Evolve [31m65"
        );
        assert_eq!(shown("Mic\u{202e}rophone"), "Microphone");
        for long in ["x".repeat(10_000), "ü".repeat(10_000), " \n".repeat(10_000)] {
            let shown = shown(&long);
            assert!((1..=LONGEST_NAME).contains(&shown.len()), "{}", shown.len());
            assert!(!shown.contains(char::is_control));
        }
        assert!(shown(&"ü".repeat(10_000)).ends_with("ü…"));
    }

    #[test]
    fn an_id_is_kept_to_1024_bytes_and_the_same_text_is_the_same_id() {
        let long = "ü".repeat(10_000);
        let id = DeviceId::new(long.clone());
        assert_eq!(id.as_str().len(), LONGEST_ID);
        assert_eq!(id, DeviceId::new(long));
        assert_eq!(DeviceId::new("").as_str(), "");
        assert_eq!(format!("{:?}", DeviceId::new("a\nb")), "\"a\\nb\"");
    }

    #[test]
    fn devices_of_one_name_are_numbered_by_their_ids() {
        let names = |devices: &[Device]| -> Vec<String> {
            devices.iter().map(|device| device.name.clone()).collect()
        };
        let mut devices = [headset("usb-2"), laptop(), headset("usb-1")];
        tell_apart(&mut devices);
        assert_eq!(names(&devices), ["Headset (2)", "Laptop", "Headset"]);

        let mut long = [device("a", Kind::Other), device("b", Kind::Other)];
        for device in &mut long {
            device.name = shown(&"ü".repeat(10_000));
        }
        tell_apart(&mut long);
        assert_ne!(long[0].name, long[1].name);
        assert!(long[1].name.len() <= LONGEST_NAME);

        // The two halves of a headset.
        let mut halves = [headset("in"), headset("out")];
        halves[0].output = false;
        halves[1].input = false;
        tell_apart(&mut halves);
        assert_eq!(names(&halves), ["Headset", "Headset"]);
    }

    #[test]
    fn a_change_has_a_code_and_names_what_cannot_be_used() {
        let codes = [
            (Fault::Gone, Why::Gone),
            (Fault::Busy, Why::Busy),
            (Fault::Refused, Why::Refused),
            (Fault::ServerGone, Why::Service),
            (Fault::Stuck, Why::Stuck),
            (Fault::Broken, Why::Broken),
        ];
        for (fault, why) in codes {
            let by = "Laptop";
            let lost = "Jabra";
            let replaced = Change::Replaced { by, lost, fault }.reason(Role::Microphone);
            assert_eq!((replaced.why, replaced.lost.as_deref()), (why, Some(lost)));
            let lost = None;
            let without = Change::Without { lost, fault }.reason(Role::Microphone);
            assert_eq!((without.why, without.lost), (why, None));
        }
        let device = "Jabra";
        for (change, why) in [
            (Change::Preferred { device }, Why::Preferred),
            (Change::DefaultChanged { device }, Why::Default),
            (Change::Recovered { device }, Why::Recovered),
        ] {
            let reason = change.reason(Role::Speaker);
            assert_eq!((reason.why, reason.lost), (why, None));
            assert_eq!(reason.words, change.words(Role::Speaker));
        }
    }

    #[test]
    fn a_change_is_told_in_words_that_name_both_devices() {
        let replaced = Change::Replaced {
            by: "Laptop microphone",
            lost: "Headset",
            fault: Fault::Gone,
        };
        assert_eq!(
            replaced.words(Role::Microphone),
            "Headset disconnected. Using Laptop microphone now."
        );
        let without = |lost, fault| Change::Without { lost, fault }.words(Role::Speaker);
        assert_eq!(
            without(Some("Headset"), Fault::Gone),
            "Headset disconnected. No other speaker was found."
        );
        assert_eq!(without(None, Fault::Gone), "No speaker was found.");
        assert_eq!(
            without(Some("Headset"), Fault::Busy),
            "Headset is used by another program. Trying again."
        );
        assert_eq!(
            without(None, Fault::Refused),
            "The system does not let this program use the speaker. \
             Allow it in the privacy settings."
        );
        let default = Change::DefaultChanged { device: "Dock" };
        assert_eq!(
            default.words(Role::Ringer),
            "The system's speaker is now Dock. Using it."
        );
    }

    fn best<'a>(role: Role, preference: &Preference, devices: &'a [Device]) -> &'a str {
        candidates(role, preference, devices)[0].id.as_str()
    }

    fn prefer(ids: &[&str]) -> Preference {
        Preference {
            favourites: ids.iter().map(|id| DeviceId::new(*id)).collect(),
        }
    }

    fn laptop() -> Device {
        Device {
            name: "Laptop".to_owned(),
            is_default_input: true,
            is_default_output: true,
            ..device("laptop", Kind::BuiltIn)
        }
    }

    fn headset(id: &str) -> Device {
        Device {
            name: "Headset".to_owned(),
            ..device(id, Kind::Headset)
        }
    }

    fn device(id: &str, kind: Kind) -> Device {
        Device {
            id: DeviceId::new(id),
            name: id.to_owned(),
            input: true,
            output: true,
            is_default_input: false,
            is_default_output: false,
            kind,
        }
    }
}
