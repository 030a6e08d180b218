//! What becomes of a session whose member's Agent record changes while it lasts. The lock is the one that
//! the sign-in granted, whatever the record says; with real Redis the same goes for any server.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::stand_in::platform::{ANA_MEMBER, Agent, PASSWORD, Platform, RAVI_MEMBER};
use crate::world::{Answer, Device, JWT_SECRET};

pub(crate) const ANA: &str = "ana@helix.example";
pub(crate) const RAVI: &str = "ravi@helix.example";
const MIRA: &str = "mira@helix.example";

/// Sidecars of one platform.
pub(crate) trait Office {
    fn platform(&self) -> &Platform;

    /// Returns a device at a sidecar.
    fn device(&self, name: &str) -> Device;

    /// Returns the same device at a sidecar that does not know any more what records were.
    fn later(&self, name: &str) -> Device;
}

pub(crate) async fn a_record_that_is_gone_ends_the_session(office: &impl Office) {
    let session = login(&office.device("desk"), ANA).await.expect(201);
    records(office, &[(RAVI_MEMBER, "agent2", "700202")]);
    let desk = office.later("desk");
    changed(desk.beat(session.access_token()).await);
    // It stays so, also for who did not hear of it, and nobody holds the agent.
    desk.beat(session.access_token()).await.expect(401);
    desk.refresh(session.refresh_token()).await.expect(401);
    login(&desk, ANA).await.expect(403);
    records(office, &[(RAVI_MEMBER, "agent1", "700201")]);
    login(&office.device("laptop"), RAVI).await.expect(201);
}

pub(crate) async fn a_record_that_another_member_has_now_is_theirs_once_the_session_has_ended(
    office: &impl Office,
) {
    let session = login(&office.device("desk"), ANA).await.expect(201);
    records(office, &[(RAVI_MEMBER, "agent1", "700201")]);
    let laptop = office.device("laptop");
    let held = login(&laptop, RAVI).await.expect(409);
    assert_eq!(held.body["holder"]["sameMember"], false);
    let desk = office.later("desk");
    changed(desk.beat(session.access_token()).await);
    let theirs = login(&laptop, RAVI).await.expect(201);
    // Nothing that is late of the first session touches it.
    desk.beat(session.access_token()).await.expect(401);
    let late = desk.logout(session.access_token()).await.expect(201);
    assert_eq!(late.body["released"], false);
    let beat = laptop.beat(theirs.access_token()).await.expect(201);
    assert_eq!(beat.body["lock"], "held");
}

pub(crate) async fn an_agent_of_another_name_is_signed_in_to_anew_and_displaces_nobody(
    office: &impl Office,
) {
    // The one who holds that agent signed in earlier, so their epoch is lower.
    let laptop = office.device("laptop");
    let theirs = login(&laptop, RAVI).await.expect(201);
    let session = login(&office.device("desk"), ANA).await.expect(201);
    records(
        office,
        &[
            (ANA_MEMBER, "agent2", "700202"),
            (RAVI_MEMBER, "agent2", "700202"),
        ],
    );
    let desk = office.later("desk");
    changed(desk.beat(session.access_token()).await);
    let beat = office.later("laptop").beat(theirs.access_token()).await;
    assert_eq!(beat.expect(201).body["lock"], "held");
    login(&desk, ANA).await.expect(409);
    records(
        office,
        &[
            (ANA_MEMBER, "agent3", "700203"),
            (RAVI_MEMBER, "agent2", "700202"),
        ],
    );
    let again = login(&desk, ANA).await.expect(201);
    assert_eq!(again.body["agentConfig"]["ozonetelAgentId"], "agent3");
    desk.beat(again.access_token()).await.expect(201);
    // A sidecar that still believes the first record asks before it ends anything.
    let beat = office.device("desk").beat(again.access_token()).await;
    beat.expect(201);
}

pub(crate) async fn another_extension_is_signed_in_to_anew_and_the_old_one_is_free(
    office: &impl Office,
) {
    let session = login(&office.device("desk"), ANA).await.expect(201);
    records(
        office,
        &[
            (ANA_MEMBER, "agent1", "700299"),
            (RAVI_MEMBER, "agent2", "700201"),
        ],
    );
    let desk = office.later("desk");
    changed(desk.beat(session.access_token()).await);
    login(&office.device("laptop"), RAVI).await.expect(201);
    let again = login(&desk, ANA).await.expect(201);
    assert_eq!(again.body["agentConfig"]["sipExtension"], "700299");
    desk.beat(again.access_token()).await.expect(201);
}

pub(crate) async fn a_login_with_another_extension_frees_the_old_one_at_once(office: &impl Office) {
    frees_what_they_had(office, ("agent1", "700299"), ("agent2", "700201")).await;
}

pub(crate) async fn a_login_as_another_agent_with_the_same_extension_frees_the_first_one(
    office: &impl Office,
) {
    frees_what_they_had(office, ("agent3", "700201"), ("agent1", "700299")).await;
}

/// Ana, who is in as agent1 with 700201, signs in with her next account, at her desk or elsewhere, and Ravi with his, which
/// has something that was hers.
async fn frees_what_they_had(office: &impl Office, hers: (&str, &str), his: (&str, &str)) {
    let takeover = json!({"email": ANA, "password": PASSWORD, "takeover": true});
    let again = json!({"email": ANA, "password": PASSWORD});
    for (device, body) in [("desk", again), ("tablet", takeover)] {
        records(office, &[(ANA_MEMBER, "agent1", "700201")]);
        let session = login(&office.device("desk"), ANA).await.expect(201);
        let next = [(ANA_MEMBER, hers.0, hers.1), (RAVI_MEMBER, his.0, his.1)];
        records(office, &next);
        let device = office.later(device);
        let next = device.login_with(body).await.expect(201);
        assert_eq!(next.body["agentConfig"]["ozonetelAgentId"], hers.0);
        assert_eq!(next.body["agentConfig"]["sipExtension"], hers.1);
        let laptop = office.device("laptop");
        let theirs = login(&laptop, RAVI).await.expect(201);
        // Nothing that is late of the first session touches it.
        let late = office.device("desk").logout(session.access_token()).await;
        assert_eq!(late.expect(201).body["released"], false);
        for (device, session) in [(&laptop, &theirs), (&device, &next)] {
            let beat = device.beat(session.access_token()).await.expect(201);
            assert_eq!(beat.body["lock"], "held");
            device.logout(session.access_token()).await.expect(201);
        }
    }
}

pub(crate) async fn a_logout_frees_what_was_granted_whatever_the_record_says(office: &impl Office) {
    let session = login(&office.device("desk"), ANA).await.expect(201);
    records(office, &[(ANA_MEMBER, "agent2", "700202")]);
    let logout = office.later("desk").logout(session.access_token()).await;
    assert_eq!(logout.expect(201).body["released"], true);
    records(office, &[(RAVI_MEMBER, "agent1", "700201")]);
    login(&office.device("laptop"), RAVI).await.expect(201);
}

pub(crate) async fn a_manager_with_a_record_never_locks_it(office: &impl Office) {
    let records_now = [
        ("m-mira", "agent1", "700201"),
        (ANA_MEMBER, "agent1", "700201"),
    ];
    records(office, &records_now);
    let office_desk = office.device("office");
    let manager = login(&office_desk, MIRA).await.expect(201);
    for _ in 0..2 {
        let beat = office_desk.beat(manager.access_token()).await.expect(201);
        assert_eq!(beat.body, json!({"status": "ok"}));
    }
    assert_eq!(office.platform().asked("agents"), 0);
    let agent = login(&office.device("desk"), ANA).await.expect(201);
    let beat = office_desk.beat(manager.access_token()).await;
    beat.expect(201);
    let logout = office_desk.logout(manager.access_token()).await;
    assert_eq!(logout.expect(201).body["released"], false);
    let beat = office.device("desk").beat(agent.access_token()).await;
    assert_eq!(beat.expect(201).body["lock"], "held");
}

/// Asserts that a session has ended because its account has changed.
#[track_caller]
pub(crate) fn changed(answer: Answer) {
    let answer = answer.expect(401);
    assert_eq!(answer.body["reason"], "account_changed");
    assert!(answer.message().contains("account has changed"));
}

/// Has the platform know these records and no others: member, agent and extension.
pub(crate) fn records(office: &impl Office, records: &[(&'static str, &str, &str)]) {
    let agents = records
        .iter()
        .map(|&(member, id, extension)| Agent::new(member, id, extension));
    office
        .platform()
        .with(|world| world.agents = agents.collect());
}

pub(crate) async fn login(device: &Device, email: &str) -> Answer {
    device
        .login_with(json!({"email": email, "password": PASSWORD}))
        .await
}

/// Returns an access token as the version before gave it, which did not say what was granted.
pub(crate) fn as_before(access_token: &str) -> String {
    let payload = access_token.split('.').nth(1).unwrap();
    let mut claims: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    let lock = claims.as_object_mut().unwrap().remove("lock");
    assert_eq!(
        lock,
        Some(json!({"agent": "agent1", "extension": "700201"}))
    );
    let key = EncodingKey::from_secret(JWT_SECRET.as_bytes());
    encode(&Header::default(), &claims, &key).unwrap()
}
