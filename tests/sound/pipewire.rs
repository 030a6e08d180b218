//! What holds with PulseAudio holds with PipeWire in its place, as most desktops have it.

use crate::desk::on_card;
use crate::plugs::{follows, goes_on_without, outlives};
use crate::sound_card::Server;

#[test]
fn a_call_outlives_its_pulled_plugs_and_its_sound_server() {
    let name = "pipewire::a_call_outlives_its_pulled_plugs_and_its_sound_server";
    on_card(name, async |card| {
        outlives(card.served_by(Server::PipeWire)).await
    });
}

#[test]
fn a_call_follows_the_default_to_cards_of_other_rates() {
    let name = "pipewire::a_call_follows_the_default_to_cards_of_other_rates";
    on_card(name, async |card| {
        follows(card.served_by(Server::PipeWire)).await
    });
}

/// PipeWire has a dummy then, which is no device.
#[test]
fn a_call_without_any_device_goes_on_until_there_is_one() {
    let name = "pipewire::a_call_without_any_device_goes_on_until_there_is_one";
    on_card(name, async |card| {
        goes_on_without(card.served_by(Server::PipeWire)).await
    });
}
