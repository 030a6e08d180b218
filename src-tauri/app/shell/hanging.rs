//! The phone that runs already hangs: whoever started another one is asked what to do about it, in a
//! window of the toolkit, because the phone's own windows are that phone's.

use gtk::{ButtonsType, DialogFlags, MessageDialog, MessageType, ResponseType, prelude::*};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use tracing::{info, warn};
use zbus::{fdo::DBusProxy, names::BusName};

use crate::words::words;

use super::{bus, only_one::NAME};

/// What is to be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// It may answer after all.
    Wait,
    /// Its process is ended, and another one takes its place.
    End,
    /// Nothing.
    Leave,
}

/// Asks whoever is at the computer, on the thread of the windows.
pub(super) fn ask() -> Choice {
    // The settings are the other phone's to read, so the language is the system's.
    let words = words(&sys_locale::get_locale().unwrap_or_default());
    let dialog = MessageDialog::new(
        None::<&gtk::Window>,
        DialogFlags::empty(),
        MessageType::Warning,
        ButtonsType::None,
        words.hangs,
    );
    dialog.set_title(words.hangs);
    dialog.set_secondary_text(Some(words.hangs_line));
    dialog.set_icon_name(Some("helix-phone"));
    let end = dialog.add_button(words.end_and_start, ResponseType::Apply);
    end.style_context().add_class("destructive-action");
    dialog.add_button(words.wait, ResponseType::Ok);
    dialog.set_default_response(ResponseType::Ok);
    let answer = dialog.run();
    dialog.hide();
    while gtk::events_pending() {
        gtk::main_iteration();
    }
    if answer == ResponseType::Ok {
        Choice::Wait
    } else if answer == ResponseType::Apply {
        Choice::End
    } else {
        // It was closed.
        Choice::Leave
    }
}

/// Ends the process that has the phone's name, if any has.
pub(super) async fn end() {
    match kill_owner().await {
        Ok(()) => info!("the phone that did not answer was ended"),
        Err(error) => warn!(%error, "the phone that does not answer was not ended"),
    }
}

async fn kill_owner() -> Result<(), Box<dyn std::error::Error>> {
    let connection = bus::session().await?;
    let bus = DBusProxy::new(&connection).await?;
    let owner = bus.get_name_owner(NAME.try_into()?).await?;
    let id = bus
        .get_connection_unix_process_id(BusName::from(&owner))
        .await?;
    let id = Pid::from_raw(id.try_into()?).ok_or("the bus knows no process")?;
    let process = pidfd_open(id, PidfdFlags::empty())?;
    // The number is that of the phone for as long as its connection is there, so what was opened is it.
    if bus.get_name_owner(NAME.try_into()?).await? == owner {
        pidfd_send_signal(&process, Signal::KILL)?;
    }
    Ok(())
}
