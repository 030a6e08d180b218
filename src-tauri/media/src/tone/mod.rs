//! The tones that tell how a call goes, made sample by sample.
//!
//! What the network would play on a telephone line (ITU-T E.180, E.182) is what this phone plays
//! itself, because SIP says it in words. The ring and the beep are designs of this product.

mod cadence;
mod ring;
mod sounding;
#[cfg(test)]
mod tests;

pub(crate) use sounding::Sounding;

/// What a tone tells (ITU-T E.182).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tone {
    /// A call comes in. On the ringer, until it is stopped.
    Ring,
    /// It rings at the called party. Until it is stopped.
    Ringback,
    /// The called party is busy. Until it is stopped.
    Busy,
    /// The network, not the called party, has no place for the call. Until it is stopped.
    Congestion,
    /// Another call comes in while one is on: softly, until it is stopped.
    CallWaiting,
    /// A call is about to be answered by itself: 400 ms, once.
    Beep,
}

/// Whose tones are played: people know the cadence of their country.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Country {
    Australia,
    France,
    Germany,
    India,
    /// The United States and Canada.
    NorthAmerica,
    Philippines,
    Singapore,
    UnitedArabEmirates,
    UnitedKingdom,
    /// What ITU-T E.180 recommends where a country has nothing of its own: 425 Hz.
    #[default]
    International,
}

impl Country {
    /// Returns the country of an ISO 3166-1 code of two letters, small or capital, and
    /// [`Country::International`] for those that are not listed.
    pub fn of(code: &str) -> Self {
        match code.to_ascii_uppercase().as_str() {
            "AE" => Self::UnitedArabEmirates,
            "AU" => Self::Australia,
            "CA" | "US" => Self::NorthAmerica,
            "DE" => Self::Germany,
            "FR" => Self::France,
            "GB" | "UK" => Self::UnitedKingdom,
            "IN" => Self::India,
            "PH" => Self::Philippines,
            "SG" => Self::Singapore,
            _ => Self::International,
        }
    }
}
