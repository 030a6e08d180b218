use crate::{Party, message::NameAddr};

impl From<&NameAddr> for Party {
    fn from(address: &NameAddr) -> Self {
        Self {
            display_name: address.display_name.clone(),
            uri: address.uri.as_str().to_owned(),
            user: address.uri.user().unwrap_or_default().into_owned(),
        }
    }
}
