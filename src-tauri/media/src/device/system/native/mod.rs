//! The sound systems that cpal serves: WASAPI, CoreAudio, and ALSA where no sound server is.

mod listing;
mod stream;

pub(super) use self::listing::Systems;
pub(super) use self::stream::open;
