//! Two sides and the call between them.

use std::future::Future;
use std::time::Duration;

use media::{
    Capture, Command, Config, Media, Negotiated, News, PacketTime, Peer, Playback, Quality,
    SessionId,
};
use tokio::sync::mpsc::UnboundedReceiver;

/// The one time limit of a test, far beyond what any needs.
const LIMIT: Duration = Duration::from_secs(60);

pub(crate) const SESSION: SessionId = SessionId(1);

/// Runs a test under the limit.
pub(crate) async fn in_time(test: impl Future<Output = ()>) {
    tokio::time::timeout(LIMIT, test)
        .await
        .expect("everything is heard in time");
}

pub(crate) fn is_near(measured: Option<f32>, hz: f32) -> bool {
    measured.is_some_and(|measured| (measured - hz).abs() < 10.0)
}

/// One media thread with one session.
pub(crate) struct Side {
    pub(crate) media: Media,
    pub(crate) news: UnboundedReceiver<News>,
    requests: u64,
}

impl Side {
    pub(crate) fn new(capture: Capture, playback: Playback) -> Self {
        let (media, news) = Media::start(Config {
            capture,
            playback,
            packet_time: PacketTime::default(),
        })
        .unwrap();
        Self {
            media,
            news,
            requests: 0,
        }
    }

    /// Waits for the first news that `wanted` makes something of.
    pub(crate) async fn until<T>(&mut self, mut wanted: impl FnMut(News) -> Option<T>) -> T {
        loop {
            let news = self.news.recv().await.expect("the thread lives");
            if let Some(found) = wanted(news) {
                return found;
            }
        }
    }

    /// Waits until a second had the quality that `wanted` describes.
    pub(crate) async fn quality(&mut self, wanted: impl Fn(&Quality) -> bool) -> Quality {
        self.until(|news| match news {
            News::Quality { quality, .. } => wanted(&quality).then_some(quality),
            _ => None,
        })
        .await
    }

    pub(crate) async fn offer(&mut self) -> String {
        let request = self.request();
        self.media.send(Command::Offer {
            session: SESSION,
            request,
        });
        self.until(|news| match news {
            News::Offer {
                request: number,
                sdp,
                ..
            } if number == request => Some(sdp),
            _ => None,
        })
        .await
    }

    /// Answers `offer`, or says why not.
    pub(crate) async fn answer(&mut self, offer: String) -> Result<(String, Negotiated), String> {
        let request = self.request();
        self.media.send(Command::Answer {
            session: SESSION,
            request,
            offer,
        });
        self.until(|news| match news {
            News::Answer {
                request: number,
                sdp,
                negotiated,
                ..
            } if number == request => Some(Ok((sdp, negotiated))),
            News::Refused {
                request: number,
                reason,
                ..
            } if number == request => Some(Err(reason)),
            _ => None,
        })
        .await
    }

    pub(crate) async fn apply(&mut self, peer: Peer, answer: String) -> Result<Negotiated, String> {
        let request = self.request();
        self.media.send(Command::Apply {
            session: SESSION,
            request,
            peer,
            answer,
        });
        self.until(|news| match news {
            News::Applied {
                request: number,
                negotiated,
                ..
            } if number == request => Some(Ok(negotiated)),
            News::Refused {
                request: number,
                reason,
                ..
            } if number == request => Some(Err(reason)),
            _ => None,
        })
        .await
    }

    pub(crate) fn select(&self, peer: Peer) {
        self.media.send(Command::Select {
            session: SESSION,
            peer,
        });
    }

    pub(crate) fn hold(&self, on: bool) {
        self.media.send(Command::Hold {
            session: SESSION,
            on,
        });
    }

    pub(crate) fn mute(&self, on: bool) {
        self.media.send(Command::Mute {
            session: SESSION,
            on,
        });
    }

    pub(crate) async fn connected(&mut self) -> Peer {
        self.until(|news| match news {
            News::Connected { peer, .. } => Some(peer),
            News::Failed { failure, .. } => panic!("{failure:?}"),
            _ => None,
        })
        .await
    }

    pub(crate) async fn close(&mut self) {
        self.media.send(Command::Close { session: SESSION });
        self.until(|news| matches!(news, News::Closed { .. }).then_some(()))
            .await;
    }

    fn request(&mut self) -> u64 {
        self.requests += 1;
        self.requests
    }
}

/// A call that is connected.
pub(crate) struct Call {
    pub(crate) caller: Side,
    pub(crate) callee: Side,
    /// What the caller understood.
    pub(crate) negotiated: Negotiated,
}

impl Call {
    pub(crate) async fn connect(caller: Side, callee: Side) -> Self {
        Self::connect_through(caller, callee, |offer| offer, |answer| answer).await
    }

    /// Connects a call whose descriptions are changed on the way.
    pub(crate) async fn connect_through(
        mut caller: Side,
        mut callee: Side,
        change_offer: impl Fn(String) -> String,
        change_answer: impl Fn(String) -> String,
    ) -> Self {
        let offer = change_offer(caller.offer().await);
        let (answer, _) = callee.answer(offer).await.unwrap();
        callee.select(Peer(0));
        let negotiated = caller.apply(Peer(0), change_answer(answer)).await.unwrap();
        caller.select(Peer(0));
        caller.connected().await;
        callee.connected().await;
        Self {
            caller,
            callee,
            negotiated,
        }
    }

    /// The caller makes another offer; returns both descriptions and what both sides understood.
    pub(crate) async fn reoffer_of_caller(&mut self) -> Round {
        round(&mut self.caller, &mut self.callee, |offer| offer).await
    }

    /// The callee makes another offer.
    pub(crate) async fn reoffer_of_callee(&mut self) -> Round {
        round(&mut self.callee, &mut self.caller, |offer| offer).await
    }

    /// The caller makes another offer, which is changed on the way.
    pub(crate) async fn changed_reoffer(&mut self, change: impl Fn(String) -> String) -> Round {
        round(&mut self.caller, &mut self.callee, change).await
    }

    pub(crate) async fn close(mut self) {
        self.caller.close().await;
        self.callee.close().await;
    }
}

/// An offer and its answer in mid-call.
pub(crate) struct Round {
    pub(crate) offer: String,
    pub(crate) answer: String,
    pub(crate) offerer: Negotiated,
    pub(crate) answerer: Negotiated,
}

async fn round(
    offerer: &mut Side,
    answerer: &mut Side,
    change: impl Fn(String) -> String,
) -> Round {
    let offer = change(offerer.offer().await);
    let (answer, understood) = answerer.answer(offer.clone()).await.unwrap();
    let negotiated = offerer.apply(Peer(0), answer.clone()).await.unwrap();
    Round {
        offer,
        answer,
        offerer: negotiated,
        answerer: understood,
    }
}

/// Leaves only the formats `numbers` in the `m=` line of `sdp`.
pub(crate) fn with_formats(sdp: &str, numbers: &str) -> String {
    sdp.lines()
        .map(|line| match line.split_once("SAVPF ") {
            Some((start, _)) => format!("{start}SAVPF {numbers}\r\n"),
            None => format!("{line}\r\n"),
        })
        .collect()
}

/// Changes one digit of the fingerprint.
pub(crate) fn tampered(sdp: &str) -> String {
    const START: &str = "a=fingerprint:sha-256 ";
    let digit = sdp.find(START).unwrap() + START.len();
    let other = if &sdp[digit..=digit] == "0" { "1" } else { "0" };
    format!("{}{other}{}", &sdp[..digit], &sdp[digit + 1..])
}
