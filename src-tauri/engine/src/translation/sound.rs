//! The words for the sound devices and the tones.

use phone::{
    Device, DeviceKind, DeviceRole, DeviceWhy, SoundNews, SoundSettings, SoundVerdict, Tone,
};

pub(crate) fn tone(tone: Tone) -> media::Tone {
    match tone {
        Tone::Ring => media::Tone::Ring,
        Tone::CallWaiting => media::Tone::CallWaiting,
        Tone::Ringback => media::Tone::Ringback,
        Tone::Busy => media::Tone::Busy,
        Tone::Congestion => media::Tone::Congestion,
        Tone::Beep => media::Tone::Beep,
    }
}

pub(crate) fn sound(settings: &SoundSettings) -> media::SoundSettings {
    let preference = |ids: &[String]| media::Preference {
        favourites: ids.iter().map(media::DeviceId::new).collect(),
    };
    media::SoundSettings {
        microphone: preference(&settings.microphone),
        speaker: preference(&settings.speaker),
        ringer: preference(&settings.ringer),
        processing: media::Processing {
            echo_cancellation: settings.echo_cancellation,
            noise_suppression: settings.noise_suppression,
            gain_control: settings.gain_control,
            high_pass: settings.high_pass,
        },
        country: media::Country::of(&settings.country),
        ring_volume: f32::from(settings.ring_volume) / 100.0,
    }
}

pub(super) fn device(device: media::Device) -> Device {
    Device {
        id: device.id.as_str().to_owned(),
        name: device.name,
        kind: match device.kind {
            media::Kind::Headset => DeviceKind::Headset,
            media::Kind::BuiltIn => DeviceKind::BuiltIn,
            media::Kind::Bluetooth => DeviceKind::Bluetooth,
            media::Kind::Monitor => DeviceKind::Monitor,
            media::Kind::Other => DeviceKind::Other,
        },
        input: device.input,
        output: device.output,
        default_input: device.is_default_input,
        default_output: device.is_default_output,
    }
}

pub(super) fn role(role: media::Role) -> DeviceRole {
    match role {
        media::Role::Microphone => DeviceRole::Microphone,
        media::Role::Speaker => DeviceRole::Speaker,
        media::Role::Ringer => DeviceRole::Ringer,
    }
}

pub(super) fn why(why: media::Why) -> DeviceWhy {
    match why {
        media::Why::Gone => DeviceWhy::Gone,
        media::Why::Busy => DeviceWhy::Busy,
        media::Why::Refused => DeviceWhy::Refused,
        media::Why::Service => DeviceWhy::Service,
        media::Why::Stuck => DeviceWhy::Stuck,
        media::Why::Broken => DeviceWhy::Broken,
        media::Why::Preferred => DeviceWhy::Preferred,
        media::Why::Default => DeviceWhy::Default,
        media::Why::Recovered => DeviceWhy::Recovered,
    }
}

pub(super) fn checked(verdict: media::Verdict) -> SoundNews {
    SoundNews::Checked {
        words: verdict.words(),
        verdict: match verdict {
            media::Verdict::NoMicrophone => SoundVerdict::NoMicrophone,
            media::Verdict::Silent => SoundVerdict::Silent,
            media::Verdict::Clipped => SoundVerdict::Clipped,
            media::Verdict::VeryQuiet => SoundVerdict::VeryQuiet,
            media::Verdict::Noisy => SoundVerdict::Noisy,
            media::Verdict::BuiltInMicrophone => SoundVerdict::BuiltInMicrophone,
            media::Verdict::NarrowBluetooth => SoundVerdict::NarrowBluetooth,
            media::Verdict::Good => SoundVerdict::Good,
        },
    }
}

#[cfg(test)]
mod tests {
    use media::{DeviceId, Preference, Processing};
    use phone::{COUNTRIES, SoundSettings};

    #[test]
    fn each_setting_of_the_sound_keeps_its_place() {
        let off = SoundSettings {
            echo_cancellation: false,
            noise_suppression: false,
            gain_control: false,
            high_pass: false,
            ..SoundSettings::default()
        };
        let processing = |change: fn(&mut SoundSettings)| {
            let mut settings = off.clone();
            change(&mut settings);
            super::sound(&settings).processing
        };
        assert_eq!(processing(|_| {}), Processing::OFF);
        type Switch = fn(&mut SoundSettings);
        let switches: [(Switch, Processing); 4] = [
            (
                |it| it.echo_cancellation = true,
                Processing {
                    echo_cancellation: true,
                    ..Processing::OFF
                },
            ),
            (
                |it| it.noise_suppression = true,
                Processing {
                    noise_suppression: true,
                    ..Processing::OFF
                },
            ),
            (
                |it| it.gain_control = true,
                Processing {
                    gain_control: true,
                    ..Processing::OFF
                },
            ),
            (
                |it| it.high_pass = true,
                Processing {
                    high_pass: true,
                    ..Processing::OFF
                },
            ),
        ];
        for (change, only) in switches {
            assert_eq!(processing(change), only);
        }

        let settings = super::sound(&SoundSettings {
            microphone: vec!["m".into(), "n".into()],
            speaker: vec!["s".into()],
            ringer: vec!["r".into()],
            country: "GB".into(),
            ring_volume: 25,
            ..off
        });
        let favourites = |ids: &[&str]| Preference {
            favourites: ids.iter().map(|id| DeviceId::new(*id)).collect(),
        };
        assert_eq!(settings.microphone, favourites(&["m", "n"]));
        assert_eq!(settings.speaker, favourites(&["s"]));
        assert_eq!(settings.ringer, favourites(&["r"]));
        assert_eq!(settings.country, media::Country::UnitedKingdom);
        assert_eq!(settings.ring_volume, 0.25);
    }

    #[test]
    fn the_countries_that_can_be_set_are_those_that_have_tones() {
        for first in 'A'..='Z' {
            for second in 'A'..='Z' {
                let code = format!("{first}{second}");
                let has_tones = media::Country::of(&code) != media::Country::International;
                assert_eq!(COUNTRIES.contains(&code.as_str()), has_tones, "{code}");
            }
        }
    }
}
