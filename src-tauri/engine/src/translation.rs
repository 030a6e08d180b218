//! The words of the phone and of the media thread, which know nothing of each other.
//!
//! A call and its media session have the same number, and so have a dialog and the peer at its end:
//! both count from 0 within a call, and an incoming call has number 0 alone.

mod sound;

use phone::{CallId, Input, MediaNews, MediaRequest, PathProbe, SoundNews};
use sip::{Answer, DialogHandle, Offer};

pub(crate) use sound::{sound, tone};

pub(crate) fn to_media(call: CallId, request: MediaRequest) -> media::Command {
    let session = media::SessionId(call.0);
    match request {
        MediaRequest::Offer { request } => media::Command::Offer { session, request },
        MediaRequest::Answer { request, offer } => media::Command::Answer {
            session,
            request,
            offer: offer.0,
        },
        MediaRequest::Apply {
            request,
            dialog,
            answer,
        } => media::Command::Apply {
            session,
            request,
            peer: media::Peer(dialog.0),
            answer: answer.0,
        },
        MediaRequest::Withdraw => media::Command::Withdraw { session },
        MediaRequest::Restart => media::Command::Restart { session },
        MediaRequest::Select { dialog } => media::Command::Select {
            session,
            peer: media::Peer(dialog.0),
        },
        MediaRequest::Hold { on } => media::Command::Hold { session, on },
        MediaRequest::Mute { on } => media::Command::Mute { session, on },
        MediaRequest::Dtmf {
            digits,
            duration,
            gap,
        } => media::Command::Dtmf {
            session,
            // The phone has refused everything else already.
            digits: digits.chars().filter_map(media::Digit::new).collect(),
            duration,
            gap,
        },
        MediaRequest::Close => media::Command::Close { session },
    }
}

/// Returns `None` for what the phone need not know.
pub(crate) fn from_media(news: media::News) -> Option<Input> {
    let dialog = |peer: media::Peer| DialogHandle(peer.0);
    let of = |session: media::SessionId, news| Input::Media {
        call: CallId(session.0),
        news,
    };
    let heard = |news| Input::Sound { news };

    Some(match news {
        media::News::Offer {
            session,
            request,
            sdp,
        } => {
            let offer = Offer(sdp);
            of(session, MediaNews::Offer { request, offer })
        }
        media::News::Answer {
            session,
            request,
            sdp,
            negotiated,
        } => of(
            session,
            MediaNews::Answer {
                request,
                answer: Answer(sdp),
                telephone_event: negotiated.telephone_event,
                held_by_peer: negotiated.held_by_peer,
            },
        ),
        media::News::Applied {
            session,
            request,
            peer: _,
            negotiated,
        } => of(
            session,
            MediaNews::Applied {
                request,
                telephone_event: negotiated.telephone_event,
                held_by_peer: negotiated.held_by_peer,
            },
        ),
        media::News::Refused {
            session,
            request,
            reason,
        } => of(session, MediaNews::Refused { request, reason }),
        media::News::Connected { session, peer } => {
            let dialog = dialog(peer);
            of(session, MediaNews::Connected { dialog })
        }
        media::News::FirstAudio { session, peer } => {
            let dialog = dialog(peer);
            of(session, MediaNews::FirstAudio { dialog })
        }
        media::News::Interrupted { session } => of(session, MediaNews::Interrupted),
        media::News::Resumed { session, after } => of(session, MediaNews::Resumed { after }),
        media::News::Dtmf { session, digit } => {
            let digit = digit.as_char();
            of(session, MediaNews::Dtmf { digit })
        }
        media::News::Quality { session, quality } => {
            of(session, MediaNews::Quality(figures(quality)))
        }
        media::News::Path { session, path: it } => of(session, MediaNews::Path(path(it))),
        media::News::DeviceFailed { session, reason } => {
            of(session, MediaNews::DeviceFailed { detail: reason })
        }
        media::News::Failed { session, failure } => of(session, failed(failure)),
        media::News::Closed { session: _ } => return None,
        media::News::Devices(devices) => heard(SoundNews::Devices(
            devices.into_iter().map(sound::device).collect(),
        )),
        media::News::DeviceUsed { role, device } => heard(SoundNews::DeviceUsed {
            role: sound::role(role),
            device: device.map(sound::device),
        }),
        media::News::DeviceChanged {
            role,
            device,
            reason,
        } => heard(SoundNews::DeviceChanged {
            role: sound::role(role),
            device: device.map(sound::device),
            why: sound::why(reason.why),
            lost: reason.lost,
            words: reason.words,
        }),
        media::News::Levels {
            microphone_dbfs,
            speaker_dbfs,
        } => heard(SoundNews::Levels {
            microphone_dbfs,
            speaker_dbfs,
        }),
        media::News::MutedSpeech => heard(SoundNews::MutedSpeech),
        media::News::SilentMicrophone => heard(SoundNews::SilentMicrophone),
        media::News::CaptureOpen(open) => heard(SoundNews::CaptureOpen(open)),
        media::News::SoundCheck(verdict) => heard(sound::checked(verdict)),
        media::News::SoundCheckGivenUp => heard(SoundNews::CheckGivenUp),
        media::News::PathProbed(found) => Input::PathProbed {
            found: probe(found),
        },
    })
}

/// Expands each entry into one server for each of its URLs.
pub(crate) fn ice_servers(servers: Vec<sidecar_api::IceServer>) -> Vec<media::IceServer> {
    servers
        .iter()
        .flat_map(|server| {
            server.urls.iter().map(|url| media::IceServer {
                url: url.to_owned(),
                username: server.username.clone(),
                credential: server.credential.clone(),
            })
        })
        .collect()
}

fn path(path: media::Path) -> phone::VoicePath {
    let media::Path {
        local,
        remote,
        remote_kind,
        codec,
    } = path;
    phone::VoicePath {
        local,
        remote,
        remote_kind: match remote_kind {
            media::CandidateKind::Host => phone::CandidateKind::Host,
            media::CandidateKind::ServerReflexive => phone::CandidateKind::ServerReflexive,
            media::CandidateKind::PeerReflexive => phone::CandidateKind::PeerReflexive,
            media::CandidateKind::Relayed => phone::CandidateKind::Relayed,
        },
        codec: match codec {
            media::Codec::Opus => phone::Codec::Opus,
            media::Codec::Pcmu => phone::Codec::Pcmu,
            media::Codec::Pcma => phone::Codec::Pcma,
        },
    }
}

fn probe(found: media::PathProbe) -> PathProbe {
    match found {
        media::PathProbe::NoServer => PathProbe::NoServer,
        media::PathProbe::Silent { servers } => PathProbe::Silent { servers },
        media::PathProbe::Reached {
            local,
            seen_as,
            took,
        } => PathProbe::Reached {
            local,
            seen_as,
            took,
        },
    }
}

fn failed(failure: media::Failure) -> MediaNews {
    match failure {
        media::Failure::NoMediaPath => MediaNews::NoMediaPath,
        media::Failure::Security(detail) => MediaNews::SecurityFailed { detail },
        media::Failure::ConsentLost => MediaNews::ConsentLost,
        media::Failure::Internal(detail) => MediaNews::Broken { detail },
    }
}

fn figures(quality: media::Quality) -> phone::Quality {
    let media::Quality {
        packets_sent,
        packets_received,
        packets_lost,
        packets_late,
        samples_played,
        samples_concealed,
        jitter_ms,
        playout_delay_ms,
        round_trip_ms,
        far_loss,
        silent_ms,
        unheard_ms,
        capture_level_dbfs,
        playback_level_dbfs,
        playback_tone_hz,
    } = quality;
    phone::Quality {
        packets_sent,
        packets_received,
        packets_lost,
        packets_late,
        samples_played,
        samples_concealed,
        jitter_ms,
        playout_delay_ms,
        round_trip_ms,
        far_loss,
        silent_ms,
        unheard_ms,
        capture_level_dbfs,
        playback_level_dbfs,
        playback_tone_hz,
    }
}

#[cfg(test)]
mod tests {
    use sidecar_api::{IceServer, Urls};

    use super::*;

    #[test]
    fn each_url_of_an_entry_becomes_a_server_with_its_credentials() {
        let entry = IceServer {
            urls: Urls::Many(vec![
                "stun:turn.example".into(),
                "turns:turn.example:443?transport=tcp".into(),
            ]),
            username: Some("ana".into()),
            credential: Some("secret".into()),
        };

        let servers = ice_servers(vec![entry]);

        let urls: Vec<&str> = servers.iter().map(|server| server.url.as_str()).collect();
        assert_eq!(
            urls,
            ["stun:turn.example", "turns:turn.example:443?transport=tcp"]
        );
        assert!(servers.iter().all(|server| server.credential.is_some()));
    }

    #[test]
    fn a_dialog_and_its_peer_have_the_same_number() {
        let request = MediaRequest::Apply {
            request: 7,
            dialog: DialogHandle(2),
            answer: Answer("v=0".into()),
        };
        let command = to_media(CallId(3), request);
        assert!(
            matches!(
                command,
                media::Command::Apply {
                    session: media::SessionId(3),
                    request: 7,
                    peer: media::Peer(2),
                    ..
                }
            ),
            "{command:?}"
        );

        let news = media::News::Connected {
            session: media::SessionId(3),
            peer: media::Peer(2),
        };
        let told = from_media(news);
        assert!(
            matches!(
                told,
                Some(Input::Media {
                    call: CallId(3),
                    news: MediaNews::Connected {
                        dialog: DialogHandle(2)
                    }
                })
            ),
            "{told:?}"
        );
    }

    #[test]
    fn a_device_that_fails_is_not_taken_for_the_end_of_the_sound() {
        let session = media::SessionId(3);
        let reason = "out.wav cannot be written".to_owned();
        let told = from_media(media::News::DeviceFailed { session, reason });
        assert!(
            matches!(&told, Some(Input::Media { call: CallId(3), news: MediaNews::DeviceFailed { detail } })
                if detail == "out.wav cannot be written"),
            "{told:?}"
        );

        let failure = media::Failure::Internal("a fault".to_owned());
        let told = from_media(media::News::Failed { session, failure });
        assert!(
            matches!(&told, Some(Input::Media { call: CallId(3), news: MediaNews::Broken { detail } }) if detail == "a fault"),
            "{told:?}"
        );
    }
}
