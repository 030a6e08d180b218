use crate::{
    Party,
    message::{NameAddr, Uri},
};

impl From<&NameAddr> for Party {
    fn from(address: &NameAddr) -> Self {
        Self {
            display_name: address.display_name.clone(),
            uri: address.uri.as_str().to_owned(),
            user: address.uri.user().unwrap_or_default().into_owned(),
            anonymous: is_anonymous(&address.uri),
        }
    }
}

/// RFC 3323 §4.1.1.3 has both parts; some servers put their own domain behind the user.
fn is_anonymous(uri: &Uri) -> bool {
    let is_user = |it: &str| it.eq_ignore_ascii_case("anonymous");
    uri.host().eq_ignore_ascii_case("anonymous.invalid")
        || uri.user().is_some_and(|it| is_user(&it))
}
