//! Two machines with one device id, as copies of one installation have it: a cloned disk, copied settings.

use crate::world::Device;

const ANA: &str = "ana@helix.example";

/// Returns a copy of the installation `original`, at the same sidecar or another one.
pub(crate) fn copy_of(original: &Device, mut at: Device) -> Device {
    at.id.clone_from(&original.id);
    at.name = Some("copy".to_owned());
    at
}

/// `original` and `copy` have one device id, `stranger` has another.
pub(crate) async fn of_two_copies_the_one_that_signed_in_last_has_the_session(
    original: &Device,
    copy: &Device,
    stranger: &Device,
) {
    let first = original.login(ANA).await.expect(201);
    let mut events = original.listen(first.access_token()).await;
    assert!(events.request().await.is_null());
    let second = copy.login(ANA).await.expect(201);
    // It hears at once who has it, and at each heartbeat why.
    let lost = events.next().await.unwrap();
    assert_eq!(lost.name, "lost");
    assert_eq!(lost.data["holder"]["deviceName"], "copy");
    assert!(events.next().await.is_none());
    for _ in 0..2 {
        let told = original.beat(first.access_token()).await.expect(409);
        assert_eq!(told.body["holder"]["deviceName"], "copy");
        assert_eq!(told.body["holder"]["sameMember"], true);
        assert!(told.message().contains("a copy of its installation"));
    }
    original.refresh(first.refresh_token()).await.expect(401);
    let refused = original.events(first.access_token()).send().await.unwrap();
    assert_eq!(refused.status(), 409);
    copy.beat(second.access_token()).await.expect(201);
    stranger.login(ANA).await.expect(409);

    // The other way round, and its logout frees nothing.
    let third = original.login(ANA).await.expect(201);
    let told = copy.beat(second.access_token()).await.expect(409);
    assert_eq!(told.body["holder"]["deviceName"], "desk");
    let logout = copy.logout(second.access_token()).await.expect(201);
    assert_eq!(logout.body["released"], false);
    original.beat(third.access_token()).await.expect(201);

    // Nor does it have the lock again once that is free.
    original.logout(third.access_token()).await.expect(201);
    for token in [&first, &second] {
        copy.beat(token.access_token()).await.expect(401);
        copy.refresh(token.refresh_token()).await.expect(401);
    }
    stranger.login(ANA).await.expect(201);
}

/// Has an old page, which names no device, signed in twice, and both go on.
pub(crate) async fn two_pages_without_a_device_id_go_on(page: &Device, other: &Device) {
    assert!(page.id.is_none() && other.id.is_none());
    let first = page.login(ANA).await.expect(201);
    let second = other.login(ANA).await.expect(201);
    for _ in 0..2 {
        page.beat(first.access_token()).await.expect(201);
        other.beat(second.access_token()).await.expect(201);
    }
    page.refresh(first.refresh_token()).await.expect(201);
    other.logout(second.access_token()).await.expect(201);
}
