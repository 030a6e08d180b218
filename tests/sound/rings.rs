//! What rings, and where.

use lab::{OfferIn, Treatment};
use serde_json::{Value, json};

use crate::desk::{
    HEADSET, LAPTOP, SPEAKERS, at_the_desk, changed, devices, hears, on_card, prefer, quit, set,
};
use crate::sound_card::{Listening, Plug, share};
use crate::support::office::{Office, sign_in};

const BELL: Plug = Plug::new("bell", "Bell");

/// The first note of the ring, in Hz.
const RING: f32 = 523.25;

/// From one ring to the next, in frames of 10 ms.
const RING_PERIOD: usize = 300;

#[test]
fn it_rings_and_rings_back_through_the_speaker() {
    let name = "rings::it_rings_and_rings_back_through_the_speaker";
    on_card(name, async |mut card| {
        card.start(&[SPEAKERS], &[LAPTOP]);
        let loudspeaker = card.listen(SPEAKERS.name);
        let office = Office::open().await;
        let mut ana = at_the_desk(&office, &[]).await;
        // Two tones, which no other country's ringback has.
        set(&mut ana, json!({"country": "GB"})).await;
        ana.send(sign_in("ana")).await;
        ana.event("sip.registered").await;

        ana.send(json!({"command": "dial", "target": "ringforever"}))
            .await;
        let call = ana.event("call.ringing").await["call"].clone();
        hears(&loudspeaker, 400.0).await;
        hears(&loudspeaker, 450.0).await;
        ana.send(json!({"command": "hang_up", "call": call})).await;
        ana.event("call.ended").await;

        let listen = Treatment::Listen;
        let caller = office
            .world
            .call("700201", listen, OfferIn::Invite)
            .await
            .unwrap();
        ana.event("call.incoming").await;
        hears(&loudspeaker, RING).await;
        let loud = loudness_of_the_ring(&loudspeaker);
        set(&mut ana, json!({"ring_volume": 10})).await;
        let soft = loudness_of_the_ring(&loudspeaker);
        let ratio = soft / loud;
        // A tenth; a machine that is busy with others may lose some of it.
        assert!((0.05..0.2).contains(&ratio), "{loud}, {soft}");
        caller.hang_up();
        ana.event("call.ended").await;
        let opened = |it: &Value| it["type"] == "sound.capture";
        assert!(!ana.seen.iter().any(opened), "nobody was listened to");
        quit(ana).await;
    });
}

#[test]
fn it_rings_on_the_ringer_also_while_a_call_is_on_the_headset() {
    let name = "rings::it_rings_on_the_ringer_also_while_a_call_is_on_the_headset";
    on_card(name, async |mut card| {
        card.start(&[SPEAKERS, BELL], &[HEADSET]);
        let _voice = card.speak(HEADSET.name, 440.0);
        let headset = card.listen(SPEAKERS.name);
        let office = Office::open().await;
        let mut ana = at_the_desk(&office, &[]).await;
        let listed = devices(&mut ana).await;
        prefer(&mut ana, &listed, "ringer", &["Bell"]).await;
        prefer(&mut ana, &listed, "speaker", &["Speakers"]).await;
        let two = json!({"command": "set_calls", "calls": {"max_calls": 2}});
        assert_eq!(ana.ask(two).await["ok"], true);
        ana.send(sign_in("ana")).await;
        ana.event("sip.registered").await;
        let far = office
            .world
            .call("700201", Treatment::Echo, OfferIn::Invite)
            .await
            .unwrap();
        let call = ana.event("call.incoming").await["call"].clone();
        headset.skip();
        hears(&card.listen(BELL.name), RING).await;
        let beside = headset.backlog();
        let is_silent = beside.as_flattened().iter().all(|it| it.abs() < 1e-3);
        assert!(
            is_silent && !beside.is_empty(),
            "it rings on the bell alone"
        );

        // A bell that is pulled while it rings gives way to what there is.
        card.unplug(BELL.name);
        let words = changed(&mut ana, "ringer", Some("Speakers")).await;
        assert_eq!(words, "Bell disconnected. Using Speakers now.");
        hears(&headset, RING).await;
        card.plug_in_speaker(&BELL);
        let words = changed(&mut ana, "ringer", Some("Bell")).await;
        assert_eq!(words, "Using Bell now.");
        let bell = card.listen(BELL.name);
        hears(&bell, RING).await;

        ana.send(json!({"command": "answer", "call": call})).await;
        ana.event("call.connected").await;
        hears(&headset, 440.0).await;
        bell.skip();
        let second: Vec<_> = (0..100).map_while(|_| bell.next()).collect();
        let left = share(second.as_flattened(), 440.0).max(share(second.as_flattened(), RING));
        assert!(left < 0.1, "nothing of the call is on the bell: {left}");

        let second = office
            .world
            .call("700201", Treatment::Listen, OfferIn::Invite)
            .await
            .unwrap();
        ana.event("call.incoming").await;
        hears(&bell, RING).await;
        hears(&headset, 440.0).await;
        second.hang_up();
        ana.event("call.ended").await;
        far.hang_up();
        ana.event("call.ended").await;
        quit(ana).await;
    });
}

/// Returns the root mean square of a whole turn of the ring, from half a second on: so long what was
/// played before may be heard.
fn loudness_of_the_ring(loudspeaker: &Listening) -> f32 {
    tokio::task::block_in_place(|| {
        loudspeaker.skip();
        let frames: Vec<_> = (0..50 + RING_PERIOD)
            .map_while(|_| loudspeaker.next())
            .collect();
        let heard = frames[50..].as_flattened();
        (heard.iter().map(|s| s * s).sum::<f32>() / heard.len() as f32).sqrt()
    })
}
