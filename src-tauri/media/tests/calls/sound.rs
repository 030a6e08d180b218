use crate::common::{Side, in_time};
use media::{Capture, News, Playback, Processing, SoundSettings, Verdict};

#[tokio::test]
async fn a_sound_check_listens_to_what_stands_in_place_of_the_microphone() {
    in_time(async {
        let mut silent = Side::new(Capture::Silence, Playback::Discard);
        // All tone and no pause: as loud as what is around it.
        let mut steady = Side::new(Capture::Tone { hz: 440.0 }, Playback::Discard);
        silent.media.sound_check();
        steady.media.sound_check();
        assert_eq!(verdict(&mut silent).await, Verdict::Silent);
        assert_eq!(verdict(&mut steady).await, Verdict::Noisy);
    })
    .await;
}

#[tokio::test]
async fn a_sound_check_shows_its_levels() {
    in_time(async {
        let mut side = Side::new(Capture::Tone { hz: 440.0 }, Playback::Discard);
        // Noise suppression takes a steady tone for noise.
        side.media.set_sound(SoundSettings {
            processing: Processing::OFF,
            ..SoundSettings::default()
        });
        side.media.sound_check();
        let level = side
            .until(|news| match news {
                News::Levels {
                    microphone_dbfs, ..
                } => Some(microphone_dbfs),
                _ => None,
            })
            .await;
        assert!((level - -15.0).abs() < 0.5, "{level}");
    })
    .await;
}

#[tokio::test]
async fn without_devices_of_the_system_none_are_listed() {
    in_time(async {
        let mut side = Side::new(Capture::Silence, Playback::Discard);
        side.media.devices();
        let devices = side
            .until(|news| match news {
                News::Devices(devices) => Some(devices),
                _ => None,
            })
            .await;
        assert_eq!(devices, []);
    })
    .await;
}

#[cfg(not(feature = "sound"))]
#[test]
fn a_build_without_sound_devices_says_which_build_has_them() {
    use media::{Config, Media, PacketTime};

    for (capture, playback) in [
        (Capture::System, Playback::Discard),
        (Capture::Silence, Playback::System),
    ] {
        let error = Media::start(Config {
            capture,
            playback,
            packet_time: PacketTime::default(),
        })
        .unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::Unsupported);
        assert!(error.to_string().contains("feature `sound`"), "{error}");
    }
}

async fn verdict(side: &mut Side) -> Verdict {
    side.until(|news| match news {
        News::SoundCheck(verdict) => Some(verdict),
        _ => None,
    })
    .await
}
