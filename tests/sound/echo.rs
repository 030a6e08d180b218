//! A loudspeaker beside the microphone: callers do not hear themselves, and whoever talks over them is heard.

use serde_json::json;

use crate::desk::{BUDS, HEADSET, LAPTOP, SPEAKERS, alone_on_card, hang_up, quit, set};
use crate::speech::{TRIES, a_call_between_desks, said, score, spoken};
use crate::support::office::Office;

/// How much weaker the microphone has the loudspeaker.
const RETURN_LOSS_DB: u32 = 6;

/// How much weaker an echo becomes at the least. A card that breaks up is another room each time.
const LEAST_DB: f32 = 25.0;

/// What the voice of whoever talks over the echo scores at the least.
const TALKED_OVER: f32 = 0.7;

#[test]
fn a_loudspeaker_is_not_sent_back_and_who_talks_over_it_is_heard() {
    let name = "echo::a_loudspeaker_is_not_sent_back_and_who_talks_over_it_is_heard";
    alone_on_card(name, async |mut card| {
        card.start(&[SPEAKERS, BUDS], &[LAPTOP, HEADSET]);
        card.place_before(LAPTOP.name, SPEAKERS.name, RETURN_LOSS_DB);
        let of_ravi = spoken(
            "en-gb",
            "Hello Ana, this is Ravi. I have the order before me, and it says that the parcel left on Monday.",
        );
        let mut of_ana = spoken("en-us", "Good morning, this is Ana. The quick brown fox.");
        // She lets him begin.
        of_ana.samples.splice(0..0, vec![0.0; 48_000]);
        let office = Office::open().await;
        let [mut ana, mut ravi] = a_call_between_desks(&office).await;
        let call = ana.event("call.connected").await["call"].clone();
        let ear = card.listen(BUDS.name);
        let far = (HEADSET.name, &of_ravi);

        let echo = said(&card, &ear, &[far]).level_dbfs();
        assert!(echo > -50.0, "the room has an echo: {echo} dB");

        set(&mut ana, json!({"echo_cancellation": true})).await;
        let mut losses = Vec::new();
        let is_gone = (0..TRIES).any(|_| {
            let loss = echo - said(&card, &ear, &[far]).level_dbfs();
            losses.push(loss);
            loss > LEAST_DB
        });
        println!("the echo of {echo} dB becomes weaker by {losses:?} dB");
        assert!(is_gone, "{losses:?}");

        let mut scores = Vec::new();
        let is_heard = (0..TRIES).any(|_| {
            let heard = said(&card, &ear, &[far, (LAPTOP.name, &of_ana)]);
            let like = score(&of_ana, &heard);
            scores.push(like);
            like > TALKED_OVER
        });
        println!("who talks over it scores {scores:?}");
        assert!(is_heard, "{scores:?}");

        hang_up(&mut ana, &call).await;
        ravi.event("call.ended").await;
        quit(ana).await;
        quit(ravi).await;
    });
}
