//! Two machines with one device id, as copies of one installation have it: a cloned disk, copied settings.

use std::time::Duration;

use crate::world::Device;

const ANA: &str = "ana@helix.example";

/// How long an access token lives. A phone renews it after four fifths of that, or once it is refused.
const LIFE: Duration = Duration::from_secs(15 * 60);

/// How long it lives at the least without a warning of `check-config`.
const SHORTEST: Duration = Duration::from_secs(301);

/// Less than the 2 minutes in which a used refresh token works again.
const STEP: Duration = Duration::from_millis(112_500);

/// Within which time a session ends that was copied with its tokens (README).
const HALF_AN_HOUR: Duration = Duration::from_secs(30 * 60);

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

/// Has a session go on at two machines, whose next renewals come at any time after it was copied. `pass` has some
/// time pass for the session with this id.
pub(crate) async fn of_a_session_that_was_copied_nothing_is_left_within_half_an_hour(
    [original, copy, stranger]: [&Device; 3],
    pass: impl AsyncFn(&str, Duration),
) {
    let mut longest = Duration::ZERO;
    for every in [SHORTEST * 4 / 5, LIFE * 4 / 5, LIFE] {
        let both = steps(every).flat_map(|one| steps(every).map(move |other| [one, other]));
        for due in both {
            let took = until_both_are_out([original, copy], due, every, &pass).await;
            longest = longest.max(took);
            // Nor is its lock.
            let next = stranger.login(ANA).await.expect(201);
            stranger.logout(next.access_token()).await.expect(201);
        }
    }
    // Both have renewed at one time, as late as can be, and then one of them again.
    assert_eq!(longest, HALF_AN_HOUR);
}

fn steps(until: Duration) -> impl Iterator<Item = Duration> {
    (0..).map(|n| STEP * n).take_while(move |it| *it <= until)
}

/// Has two machines go on with one session, which renew its tokens at `due` and then `every` so often, and returns
/// when it has ended for both.
async fn until_both_are_out(
    machines: [&Device; 2],
    mut due: [Duration; 2],
    every: Duration,
    pass: &impl AsyncFn(&str, Duration),
) -> Duration {
    let copied = machines[0].login(ANA).await.expect(201);
    let session_id = copied.body["session"]["id"].as_str().unwrap();
    let mut tokens = [
        copied.refresh_token().to_owned(),
        copied.refresh_token().to_owned(),
    ];
    let mut now = Duration::ZERO;
    loop {
        let next = usize::from(due[1] < due[0]);
        assert!(due[next] <= HALF_AN_HOUR, "both go on: {due:?}");
        pass(session_id, due[next] - now).await;
        now = due[next];
        let answer = machines[next].refresh(&tokens[next]).await;
        if answer.status != 201 {
            answer.expect(401);
            machines[1 - next]
                .refresh(&tokens[1 - next])
                .await
                .expect(401);
            return now;
        }
        tokens[next] = answer.refresh_token().to_owned();
        due[next] += every;
    }
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
