// Made from the Rust types by `HELIX_WRITE=1 cargo test --bin helix-phone page::types`.

import type * as phone from "./phone";
import type { Standing } from "./standing";

export const states: phone.State[] = [
  {"now":9000,"view":{"account":{"state":"signed_in","user":{"id":"u-1","role":"cc-agent","name":"Ana","email":"ana@helix.example"},"phone":true,"since":1180},"agent":{"agent_id":"agent-7","extension":"700201","campaign":"Inbound"},"lease":{"state":{"state":"held"},"ttl_ms":3600000},"move_request":{"request":12,"device_name":"Ana's laptop","state":{"state":"waiting","until":21100}},"link":{"state":"up","since":1190},"line":{"state":"registered","extension":"700201","server":"sip.example","since":1200},"queue":{"login":{"state":"in"},"availability":{"state":"ready"},"since":1300,"pause_reasons":["Lunch","Tea"],"outcomes":["Sale","No sale"],"order":null,"next":{"state":"pause","reason":"Lunch"},"refused":null,"wrap_up":{"call":0,"number":"700203","display_name":"Ravi","cause":{"code":"media_lost"},"since":3800,"ends_at":63800,"more_ms":30000,"outcome":"Sale","note":"Calls back on Monday","saving":false},"unsaved":1,"at_stake":2},"proofs":{"session_confirmed_at":1195,"session_expires_at":3601190,"link_heard_at":8900,"line_confirmed_at":1200,"line_expires_at":601200,"queue_confirmed_at":4300},"calls":[{"call":1,"direction":"outgoing","state":{"state":"talking"},"number":"700202","display_name":null,"auto_answer":false,"silenced":false,"held":false,"held_by_peer":false,"muted":false,"interrupted":false,"began_at":4000,"talking_since":6500,"held_since":null,"interrupted_since":null,"one_way_in_since":null,"one_way_out_since":null,"repairing":false,"quality":"good","path":{"local":"192.168.1.20:50000","remote":"203.0.113.7:30000","remote_kind":"host","codec":"opus"},"round_trip_ms":20}],"ended":{"call":0,"direction":"incoming","number":"700203","display_name":"Ravi","cause":{"code":"remote"},"talked_ms":1500,"at":3800},"call_settings":{"auto_answer":"off","auto_answer_tone":true,"max_calls":1},"sound":{"capture_open":false,"settings":{"microphone":[],"speaker":[],"ringer":[],"echo_cancellation":true,"noise_suppression":true,"gain_control":true,"high_pass":true,"country":"","ring_volume":100},"devices":[{"id":"pulseaudio:alsa_input.usb-Jabra_Evolve2","name":"Jabra Evolve2","kind":"headset","input":true,"output":false,"default_input":true,"default_output":false}],"microphone":{"id":"pulseaudio:alsa_input.usb-Jabra_Evolve2","name":"Jabra Evolve2","kind":"headset","input":true,"output":false,"default_input":true,"default_output":false},"speaker":null,"ringer":null,"microphone_fault":null,"check":null,"tested":null,"muted_speech_at":null},"server_check":null,"path_check":null,"vault":{"state":"keyring"}},"window":{"version":"0.1.0","system":"linux","settings":{"language":"de","theme":"system","incoming":"popup","autostart":false,"start_minimised":false,"quit_on_close":false,"headset_asked":true,"shortcuts":{"answer":"F9","hang_up":"","mute":""}},"locked":["calls.auto_answer","server"],"server_given":true,"server":"https://helix.example","device_name":"Ana's desk","history_days":30,"link":"700202","complaints":["Settings not saved: the disk is full"],"shortcuts_available":true,"shortcuts_taken":["answer"],"demo":{"email":"ana@helix.example","password":"demo"},"quit_asked":false,"check_asked_at":1300,"in_tray":true,"system_settings":["clock","microphone"]},"history":[{"id":17,"direction":"incoming","number":"700203","display_name":"Ravi","began":1767603601204,"talked_ms":1500,"cause":{"code":"signed_out"},"quality":"poor_here","answered_after_ms":3000,"poor_ms":2000,"poor_here_ms":1000},{"id":16,"direction":"incoming","number":"700203","display_name":"Ravi","began":1767603601204,"talked_ms":1500,"cause":{"code":"incompatible","detail":"No codec in common"},"quality":"poor_here","answered_after_ms":3000,"poor_ms":2000,"poor_here_ms":1000},{"id":15,"direction":"incoming","number":"700203","display_name":"Ravi","began":1767603601204,"talked_ms":1500,"cause":{"code":"media_lost"},"quality":"poor_here","answered_after_ms":3000,"poor_ms":2000,"poor_here_ms":1000},{"id":14,"direction":"incoming","number":"700203","display_name":"Ravi","began":1767603601204,"talked_ms":1500,"cause":{"code":"security","detail":"The certificate is not the one of the description"},"quality":"poor_here","answered_after_ms":3000,"poor_ms":2000,"poor_here_ms":1000},{"id":13,"direction":"incoming","number":"700203","display_name":"Ravi","began":1767603601204,"talked_ms":1500,"cause":{"code":"no_media_path"},"quality":"poor_here","answered_after_ms":3000,"poor_ms":2000,"poor_here_ms":1000},{"id":12,"direction":"incoming","number":"700203","display_name":"Ravi","began":1767603601204,"talked_ms":1500,"cause":{"code":"link_lost"},"quality":"poor_here","answered_after_ms":3000,"poor_ms":2000,"poor_here_ms":1000},{"id":11,"direction":"incoming","number":"700203","display_name":"Ravi","began":1767603601204,"talked_ms":1500,"cause":{"code":"timeout"},"quality":"poor_here","answered_after_ms":3000,"poor_ms":2000,"poor_here_ms":1000},{"id":10,"direction":"incoming","number":"700203","display_name":"Ravi","began":1767603601204,"talked_ms":1500,"cause":{"code":"refused","status":603,"reason":"The server's words"},"quality":"poor_here","answered_after_ms":3000,"poor_ms":2000,"poor_here_ms":1000},{"id":9,"direction":"incoming","number":"700203","display_name":"Ravi","began":1767603601204,"talked_ms":1500,"cause":{"code":"not_found","status":404,"reason":"The server's words"},"quality":"poor_here","answered_after_ms":3000,"poor_ms":2000,"poor_here_ms":1000},{"id":8,"direction":"incoming","number":"700203","display_name":"Ravi","began":1767603601204,"talked_ms":1500,"cause":{"code":"no_answer","status":480,"reason":"The server's words"},"quality":"poor_here","answered_after_ms":3000,"poor_ms":2000,"poor_here_ms":1000},{"id":7,"direction":"incoming","number":"700203","display_name":"Ravi","began":1767603601204,"talked_ms":1500,"cause":{"code":"busy","status":486,"reason":"The server's words"},"quality":"poor_here","answered_after_ms":3000,"poor_ms":2000,"poor_here_ms":1000},{"id":6,"direction":"incoming","number":"700203","display_name":"Ravi","began":1767603601204,"talked_ms":1500,"cause":{"code":"answered_elsewhere"},"quality":"poor_here","answered_after_ms":3000,"poor_ms":2000,"poor_here_ms":1000},{"id":5,"direction":"incoming","number":"700203","display_name":"Ravi","began":1767603601204,"talked_ms":1500,"cause":{"code":"missed"},"quality":"poor_here","answered_after_ms":3000,"poor_ms":2000,"poor_here_ms":1000},{"id":4,"direction":"incoming","number":"700203","display_name":"Ravi","began":1767603601204,"talked_ms":1500,"cause":{"code":"declined"},"quality":"poor_here","answered_after_ms":3000,"poor_ms":2000,"poor_here_ms":1000},{"id":3,"direction":"incoming","number":"700203","display_name":"Ravi","began":1767603601204,"talked_ms":1500,"cause":{"code":"remote"},"quality":"poor_here","answered_after_ms":3000,"poor_ms":2000,"poor_here_ms":1000},{"id":2,"direction":"incoming","number":"700203","display_name":"Ravi","began":1767603601204,"talked_ms":1500,"cause":{"code":"local"},"quality":"poor_here","answered_after_ms":3000,"poor_ms":2000,"poor_here_ms":1000},{"id":1,"direction":"incoming","number":"700203","display_name":null,"began":1767603601204,"talked_ms":null,"cause":null,"quality":null,"answered_after_ms":null,"poor_ms":0,"poor_here_ms":0}]},
];

export const windows: phone.WindowView[] = [
  {"version":"0.1.0","system":"linux","settings":{"language":"de","theme":"system","incoming":"popup","autostart":false,"start_minimised":false,"quit_on_close":false,"headset_asked":true,"shortcuts":{"answer":"F9","hang_up":"","mute":""}},"locked":["calls.auto_answer","server"],"server_given":true,"server":"https://helix.example","device_name":"Ana's desk","history_days":30,"link":"700202","complaints":["Settings not saved: the disk is full"],"shortcuts_available":true,"shortcuts_taken":["answer"],"demo":{"email":"ana@helix.example","password":"demo"},"quit_asked":false,"check_asked_at":1300,"in_tray":true,"system_settings":["clock","microphone"]},
  {"version":"0.1.0","system":"linux","settings":{"language":"","theme":"system","incoming":"popup","autostart":false,"start_minimised":false,"quit_on_close":false,"headset_asked":false,"shortcuts":{"answer":"","hang_up":"","mute":""}},"locked":[],"server_given":false,"server":null,"device_name":"Ana's desk","history_days":30,"link":null,"complaints":[],"shortcuts_available":true,"shortcuts_taken":[],"demo":null,"quit_asked":false,"check_asked_at":null,"in_tray":false,"system_settings":[]},
];

export const accounts: phone.AccountView[] = [
  {"state":"signed_out","reason":null,"since":1100},
  {"state":"restoring"},
  {"state":"resuming","user":{"id":"u-1","role":"cc-agent","name":"Ana","email":"ana@helix.example"},"trouble":{"hop":"tcp","detail":"What happened"}},
  {"state":"signing_in","email":"ana@helix.example"},
  {"state":"asking","email":"ana@helix.example","device_name":"Ana's laptop","ask":{"state":"after_call"}},
  {"state":"signed_in","user":{"id":"u-1","role":"cc-agent","name":"Ana","email":"ana@helix.example"},"phone":true,"since":1180},
  {"state":"fallback","sip_uri":"sip:700201@sip.example"},
  {"state":"not_configured","message":"SIP is not started: why"},
  {"state":"signing_out"},
];

export const asks: phone.AskView[] = [
  {"state":"sending"},
  {"state":"waiting","until":21100},
  {"state":"after_call"},
];

export const leases: phone.LeaseView[] = [
  {"state":{"state":"held"},"ttl_ms":3600000},
  {"state":{"state":"at_risk","hop":"timeout","detail":"The sidecar did not answer"},"ttl_ms":3600000},
  {"state":{"state":"lost","reason":{"code":"lease_expired"}},"ttl_ms":3600000},
];

export const moveRequests: phone.MoveRequestView[] = [
  {"request":12,"device_name":"Ana's laptop","state":{"state":"waiting","until":21100}},
  {"request":12,"device_name":"Ana's laptop","state":{"state":"after_call","by_user":true}},
  {"request":12,"device_name":"Ana's laptop","state":{"state":"granted"}},
  {"request":12,"device_name":"Ana's laptop","state":{"state":"after_call","by_user":false}},
];

export const moveAnswers: phone.MoveAnswer[] = [
  "now",
  "after_call",
  "no",
];

export const notMoved: phone.NotMoved[] = [
  "refused",
  "unanswered",
  "superseded",
  "lapsed",
  "withdrawn",
];

export const links: phone.LinkView[] = [
  {"state":"off"},
  {"state":"opening"},
  {"state":"up","since":1190},
  {"state":"down","host":"sip.example","hop":"dns","detail":"The name sip.example has no address","retry_at":1900},
];

export const lines: phone.LineView[] = [
  {"state":"off"},
  {"state":"registering"},
  {"state":"registered","extension":"700201","server":"sip.example","since":1200},
  {"state":"failed","status":403,"reason":"Forbidden","retry_at":61200},
];

export const callStates: phone.CallState[] = [
  {"state":"calling"},
  {"state":"ringing","early_media":true},
  {"state":"alerting"},
  {"state":"answering"},
  {"state":"connecting"},
  {"state":"talking"},
];

export const qualities: phone.CallQuality[] = [
  "good",
  "fair",
  "poor",
  "poor_here",
];

export const ways: phone.OneWay[] = [
  "in",
  "out",
];

export const candidateKinds: phone.CandidateKind[] = [
  "host",
  "server_reflexive",
  "peer_reflexive",
  "relayed",
];

export const codecs: phone.Codec[] = [
  "opus",
  "pcmu",
  "pcma",
];

export const soundChecks: phone.SoundCheckView[] = [
  {"state":"running"},
  {"state":"done","verdict":"good","words":"Good","at":9400,"playback":{"state":"open","device":"Jabra Evolve2"}},
];

export const serverChecks: phone.ServerCheckView[] = [
  {"state":"running"},
  {"state":"reached","took_ms":84,"clock_ahead_ms":-7200000,"at":9400},
  {"state":"failed","hop":"proxy","detail":"The proxy on the way to helix.example failed: unsuccessful","facts":{"of":"proxy","name":"proxy.example:3128","status":403,"port":443},"at":9400},
];

export const pathChecks: phone.PathCheckView[] = [
  {"state":"running"},
  {"state":"reached","local":"192.168.1.20:50000","seen_as":"203.0.113.9:40000","took_ms":24,"at":9400},
  {"state":"silent","servers":["203.0.113.5:3478"],"at":9400},
  {"state":"no_server","at":9400},
];

export const playbacks: phone.PlaybackView[] = [
  {"state":"open","device":"Jabra Evolve2"},
  {"state":"failed","fault":{"why":"busy","device":"Poly Voyager"}},
];

export const verdicts: phone.SoundVerdict[] = [
  "no_microphone",
  "silent",
  "clipped",
  "very_quiet",
  "noisy",
  "built_in_microphone",
  "narrow_bluetooth",
  "good",
];

export const deviceKinds: phone.DeviceKind[] = [
  "headset",
  "built_in",
  "bluetooth",
  "monitor",
  "other",
];

export const deviceRoles: phone.DeviceRole[] = [
  "microphone",
  "speaker",
  "ringer",
];

export const deviceWhys: phone.DeviceWhy[] = [
  "gone",
  "busy",
  "refused",
  "service",
  "stuck",
  "broken",
  "preferred",
  "default",
  "recovered",
];

export const deviceFaults: phone.DeviceFault[] = [
  {"why":"busy","device":"Poly Voyager"},
];

export const autoAnswers: phone.AutoAnswer[] = [
  "off",
  "header",
  "always",
];

export const vaults: phone.VaultView[] = [
  {"state":"keyring"},
  {"state":"memory"},
  {"state":"failed","detail":"The keyring does not answer"},
];

export const availabilities: phone.Availability[] = [
  {"state":"ready"},
  {"state":"pause","reason":"Lunch"},
];

export const queueLogins: phone.QueueLoginView[] = [
  {"state":"unknown"},
  {"state":"in"},
  {"state":"pending"},
  {"state":"failed","message":"agent9 logged in with the number (700201)"},
];

export const queueRefusals: phone.QueueRefusalView[] = [
  {"of":{"order":"availability","availability":{"state":"pause","reason":"Lunch"}},"message":"The queue's words","at":8000},
  {"of":{"order":"outcome","call":0,"outcome":"Sale"},"message":"The queue's words","at":8000},
];

export const queueOrders: phone.OrderView[] = [
  {"availability":{"state":"pause","reason":"Lunch"},"trouble":{"hop":"http","detail":"Ozonetel does not answer."},"retry_at":9900},
];

export const wrapUps: phone.WrapUpView[] = [
  {"call":0,"number":"700203","display_name":"Ravi","cause":{"code":"media_lost"},"since":3800,"ends_at":63800,"more_ms":30000,"outcome":"Sale","note":"Calls back on Monday","saving":false},
];

export const reasons: phone.SignedOutReason[] = [
  {"code":"by_user","lock":{"state":"unconfirmed","for_ms":3540000}},
  {"code":"wrong_credentials","message":"The server's words"},
  {"code":"not_configured","message":"The server's words"},
  {"code":"second_factor","message":"The server's words"},
  {"code":"email_not_verified","message":"The server's words"},
  {"code":"bad_request","message":"The server's words"},
  {"code":"held_elsewhere","message":"The server's words","device_name":"Ana's laptop","system":"Windows","since":"2026-01-05T08:00:00Z","in_call":true,"same_member":true,"askable":true},
  {"code":"not_moved","device_name":"Ana's laptop","why":"refused"},
  {"code":"too_many_tries","message":"The server's words","retry_after_seconds":30},
  {"code":"server_trouble","status":503,"message":"The server's words"},
  {"code":"unreachable","hop":"tcp","detail":"What happened"},
  {"code":"bad_account","detail":"sipWsServer does not begin with wss"},
  {"code":"taken_over","device_name":"Ana's laptop"},
  {"code":"lease_expired"},
  {"code":"token_refused"},
  {"code":"account_changed"},
];

export const causes: phone.EndCause[] = [
  {"code":"local"},
  {"code":"remote"},
  {"code":"declined"},
  {"code":"missed"},
  {"code":"answered_elsewhere"},
  {"code":"busy","status":486,"reason":"The server's words"},
  {"code":"no_answer","status":480,"reason":"The server's words"},
  {"code":"not_found","status":404,"reason":"The server's words"},
  {"code":"refused","status":603,"reason":"The server's words"},
  {"code":"timeout"},
  {"code":"link_lost"},
  {"code":"no_media_path"},
  {"code":"security","detail":"The certificate is not the one of the description"},
  {"code":"media_lost"},
  {"code":"incompatible","detail":"No codec in common"},
  {"code":"signed_out"},
];

export const hops: phone.Hop[] = [
  "configuration",
  "dns",
  "tcp",
  "proxy",
  "tls",
  "http",
  "web_socket",
  "timeout",
];

export const events: phone.Event[] = [
  {"type":"session.resuming","user":{"id":"u-1","role":"cc-agent","name":"Ana","email":"ana@helix.example"}},
  {"type":"session.resume_delayed","hop":"tcp","detail":"The sidecar at helix.example port 443 cannot be reached","retry_in_ms":2000},
  {"type":"session.signed_in","user":{"id":"u-1","role":"cc-agent","name":"Ana","email":"ana@helix.example"},"phone":true},
  {"type":"session.held","ttl_seconds":3600},
  {"type":"session.at_risk","expires_in_ms":3540000,"hop":"tcp","detail":"The sidecar at helix.example port 443 cannot be reached"},
  {"type":"session.lost","reason":{"code":"lease_expired"}},
  {"type":"session.signed_out","reason":{"code":"by_user","lock":{"state":"free"}}},
  {"type":"move.asked","device_name":"Ana's laptop","answer_within_ms":20000},
  {"type":"move.after_call","device_name":"Ana's laptop"},
  {"type":"move.moved_here","device_name":"Ana's laptop"},
  {"type":"move.requested","request":12,"device_name":"Ana's laptop","answer_within_ms":20000},
  {"type":"move.answered","request":12,"answer":"after_call","automatically":true},
  {"type":"move.request_over","request":12},
  {"type":"link.up"},
  {"type":"link.down","hop":"tls","detail":"The certificate of sip.example expired on 2026-01-01 00:00 UTC","facts":{"of":"certificate","fault":"expired","issuer":null,"valid":1767225600000,"names":[]},"retry_in_ms":60000},
  {"type":"sip.registered","expires_in_ms":600000},
  {"type":"sip.register_failed","status":403,"reason":"Forbidden","retry_in_ms":null},
  {"type":"sip.unregistered"},
  {"type":"call.dialing","call":1,"target":"700202"},
  {"type":"call.incoming","call":1,"from":"700202","display_name":"Ravi"},
  {"type":"call.ringing","call":1,"status":180,"early_media":false},
  {"type":"call.silenced","call":1},
  {"type":"call.answered","call":1,"automatically":false},
  {"type":"call.connected","call":1},
  {"type":"call.held","call":1},
  {"type":"call.resumed","call":1},
  {"type":"call.held_by_peer","call":1,"held":true},
  {"type":"call.muted","call":1,"muted":true},
  {"type":"call.change_failed","call":1,"reason":"488 Not Acceptable Here"},
  {"type":"call.interrupted","call":1},
  {"type":"call.recovered","call":1,"after_ms":2400},
  {"type":"call.one_way","call":1,"way":"in"},
  {"type":"call.one_way_over","call":1,"way":"in","after_ms":9400},
  {"type":"call.ended","call":1,"cause":{"code":"remote"}},
  {"type":"media.first_audio","call":1},
  {"type":"media.dtmf","call":1,"digit":"5"},
  {"type":"media.quality","call":1,"packets_sent":500,"packets_received":498,"packets_lost":2,"packets_late":0,"samples_played":480000,"samples_concealed":1920,"jitter_ms":1.5,"playout_delay_ms":40.0,"round_trip_ms":12.5,"far_loss":0.0,"silent_ms":12,"unheard_ms":0,"capture_level_dbfs":-18.0,"playback_level_dbfs":-20.5,"playback_tone_hz":null},
  {"type":"media.failed","call":1,"reason":"The file out.wav cannot be written"},
  {"type":"sound.devices","devices":[{"id":"pulseaudio:alsa_input.usb-Jabra_Evolve2","name":"Jabra Evolve2","kind":"headset","input":true,"output":false,"default_input":true,"default_output":false}]},
  {"type":"sound.device_used","role":"microphone","device":{"id":"pulseaudio:alsa_input.usb-Jabra_Evolve2","name":"Jabra Evolve2","kind":"headset","input":true,"output":false,"default_input":true,"default_output":false}},
  {"type":"sound.device_changed","role":"microphone","device":{"id":"pulseaudio:alsa_input.usb-Jabra_Evolve2","name":"Jabra Evolve2","kind":"headset","input":true,"output":false,"default_input":true,"default_output":false},"why":"busy","lost":"Poly Voyager","words":"Poly Voyager is used by another program. Using Jabra Evolve2 now."},
  {"type":"sound.levels","microphone_dbfs":-22.5,"speaker_dbfs":-127.0},
  {"type":"sound.capture","open":true},
  {"type":"sound.muted_speech"},
  {"type":"sound.silent_microphone"},
  {"type":"sound.checked","verdict":"very_quiet","words":"Very quiet: raise the microphone in the sound settings"},
  {"type":"sound.check_given_up"},
  {"type":"server.checked","check":{"state":"reached","took_ms":84,"at":9400}},
  {"type":"path.checked","check":{"state":"no_server","at":9400}},
  {"type":"call.turned_away","from":"700203"},
  {"type":"queue.login","login":{"state":"in"}},
  {"type":"queue.state","availability":{"state":"pause","reason":"Lunch"}},
  {"type":"queue.next","next":{"state":"pause","reason":"Lunch"}},
  {"type":"queue.delayed","hop":"http","detail":"Ozonetel does not answer.","retry_in_ms":1500},
  {"type":"queue.refused","of":{"order":"availability","availability":{"state":"pause","reason":"Lunch"}},"message":"pauseReason is Invalid"},
  {"type":"wrap_up.begun","call":1,"seconds":60},
  {"type":"wrap_up.ended","call":1,"timed_out":true},
  {"type":"outcome.saved","call":1,"outcome":"Sale"},
  {"type":"outcome.kept","call":1,"hop":"http","detail":"Ozonetel does not answer."},
  {"type":"outcome.lost","call":1,"outcome":"Sale"},
  {"type":"fault.vault","detail":"The keyring does not answer"},
];

export const happened: phone.Happened[] = [
  {"type":"move.moved_here","device_name":"Ana's laptop"},
  {"type":"call.change_failed","call":1,"reason":"488 Not Acceptable Here"},
  {"type":"call.recovered","call":1,"after_ms":2400},
  {"type":"media.failed","call":1,"reason":"The file out.wav cannot be written"},
  {"type":"sound.device_changed","role":"microphone","device":{"id":"pulseaudio:alsa_input.usb-Jabra_Evolve2","name":"Jabra Evolve2","kind":"headset","input":true,"output":false,"default_input":true,"default_output":false},"why":"busy","lost":"Poly Voyager","words":"Poly Voyager is used by another program. Using Jabra Evolve2 now."},
  {"type":"sound.silent_microphone"},
  {"type":"call.turned_away","from":"700203"},
  {"type":"wrap_up.ended","call":1,"timed_out":true},
  {"type":"outcome.lost","call":1,"outcome":"Sale"},
  {"type":"fault.vault","detail":"The keyring does not answer"},
];

export const rejections: phone.Rejected[] = [
  {"code":"not_signed_in","message":"Nobody is signed in"},
  {"code":"already_signed_in","message":"Somebody is signed in or signing in already"},
  {"code":"no_phone","message":"This account has no phone"},
  {"code":"no_sidecar","message":"No sidecar is configured to sign in at"},
  {"code":"not_registered","message":"The line is not registered: no calls can be made"},
  {"code":"lease_lost","message":"The session was lost: no new calls until the next sign-in"},
  {"code":"unknown_request","message":"Nobody asks for this phone by request 12"},
  {"code":"unknown_call","message":"There is no call 7"},
  {"code":"wrong_state","message":"The state of call 7 does not allow this"},
  {"code":"too_many_calls","message":"As many calls as allowed exist already"},
  {"code":"invalid_target","message":"This cannot be called: a space in the user part"},
  {"code":"not_allowed","message":"Calls to this number are not allowed by your organisation"},
  {"code":"emergency","message":"This phone cannot call emergency services. Use a mobile."},
  {"code":"invalid_digit","message":"Not a DTMF digit: 'x'"},
  {"code":"in_call","message":"There is a call: sound can be checked when it is over"},
  {"code":"check_runs","message":"A sound check is running: the next one can begin when it has its verdict"},
  {"code":"invalid_settings","message":"These settings cannot be used: ring_volume is more than 100"},
  {"code":"no_queue","message":"This phone speaks to no queue"},
  {"code":"unknown_reason","message":"There is no such reason for a pause"},
  {"code":"no_wrap_up","message":"There is no wrap-up"},
  {"code":"unknown_outcome","message":"There is no such outcome"},
  {"code":"no_outcome","message":"Choose an outcome first"},
  {"code":"no_more_time","message":"There is no more time"},
  {"code":"note_too_long","message":"The note is longer than 1000 characters"},
  {"code":"stopping","message":"The phone is stopping"},
];

export const accepted: phone.Accepted[] = [
  {},
  {"call":1},
];

export const shows: phone.Show[] = [
  {"what":"main"},
  {"what":"mini"},
];

export const forgets: phone.Forget[] = [
  {"id":7},
  {"id":null},
];

export const windowSettings: phone.SetWindow[] = [
  {"settings":{"autostart":false,"headset_asked":false,"incoming":"popup","language":"","quit_on_close":false,"shortcuts":{"answer":"","hang_up":"","mute":""},"start_minimised":false,"theme":"system"}},
];

export const servers: phone.SetServer[] = [
  {"url":"https://helix.example"},
];

export const linkAnswers: phone.AnswerLink[] = [
  {"dial":true,"number":"+493012"},
];

export const quitAnswers: phone.AnswerQuit[] = [
  {"quit":true},
];

export const watches: phone.WatchLevels[] = [
  {"on":true},
];

export const copies: phone.Copy[] = [
  {"text":"700202"},
];

export const supports: phone.SaveSupport[] = [
  {"text":"Session: proven"},
];

export const opened: phone.OpenSettings[] = [
  {"what":"clock"},
  {"what":"microphone"},
];

export const saved: phone.Saved[] = [
  {"path":"/home/ana/Downloads/helix-phone-support.txt"},
];

export const orders: phone.Order[] = [
  {"order":{"command":"sign_in","email":"ana@helix.example","password":"","takeover":true}},
  {"order":{"command":"ask_to_move","email":"ana@helix.example","password":""}},
  {"order":{"answer":"now","command":"answer_move","request":12}},
  {"order":{"command":"sign_out"}},
  {"order":{"command":"dial","target":"700202"}},
  {"order":{"call":1,"command":"answer"}},
  {"order":{"call":1,"command":"hang_up"}},
  {"order":{"call":1,"command":"silence"}},
  {"order":{"call":1,"command":"hold"}},
  {"order":{"call":1,"command":"resume"}},
  {"order":{"call":1,"command":"mute"}},
  {"order":{"call":1,"command":"unmute"}},
  {"order":{"call":1,"command":"repair"}},
  {"order":{"call":1,"command":"dtmf","digits":"5#"}},
  {"order":{"command":"reconnect"}},
  {"order":{"command":"check"}},
  {"order":{"command":"devices"}},
  {"order":{"command":"sound_check"}},
  {"order":{"command":"test_output","output":"ringer"}},
  {"order":{"command":"set_sound","settings":{"country":"","echo_cancellation":true,"gain_control":true,"high_pass":true,"microphone":[],"noise_suppression":true,"ring_volume":100,"ringer":[],"speaker":[]}}},
  {"order":{"command":"set_calls","settings":{"auto_answer":"off","auto_answer_tone":true,"max_calls":1}}},
  {"order":{"command":"ready"}},
  {"order":{"command":"pause","reason":"Lunch"}},
  {"order":{"command":"cancel_next"}},
  {"order":{"command":"wrap_up","note":"Calls back","outcome":"Sale"}},
  {"order":{"command":"finish_wrap_up","then":{"reason":"Tea","state":"pause"}}},
  {"order":{"command":"more_time"}},
];

export const commands: { [C in phone.Command as C["command"]]: C } = {
  "sign_in": {"command":"sign_in","email":"ana@helix.example","password":"","takeover":true},
  "ask_to_move": {"command":"ask_to_move","email":"ana@helix.example","password":""},
  "answer_move": {"answer":"now","command":"answer_move","request":12},
  "sign_out": {"command":"sign_out"},
  "dial": {"command":"dial","target":"700202"},
  "answer": {"call":1,"command":"answer"},
  "hang_up": {"call":1,"command":"hang_up"},
  "silence": {"call":1,"command":"silence"},
  "hold": {"call":1,"command":"hold"},
  "resume": {"call":1,"command":"resume"},
  "mute": {"call":1,"command":"mute"},
  "unmute": {"call":1,"command":"unmute"},
  "repair": {"call":1,"command":"repair"},
  "dtmf": {"call":1,"command":"dtmf","digits":"5#"},
  "reconnect": {"command":"reconnect"},
  "check": {"command":"check"},
  "devices": {"command":"devices"},
  "sound_check": {"command":"sound_check"},
  "test_output": {"command":"test_output","output":"ringer"},
  "set_sound": {"command":"set_sound","settings":{"country":"","echo_cancellation":true,"gain_control":true,"high_pass":true,"microphone":[],"noise_suppression":true,"ring_volume":100,"ringer":[],"speaker":[]}},
  "set_calls": {"command":"set_calls","settings":{"auto_answer":"off","auto_answer_tone":true,"max_calls":1}},
  "ready": {"command":"ready"},
  "pause": {"command":"pause","reason":"Lunch"},
  "cancel_next": {"command":"cancel_next"},
  "wrap_up": {"command":"wrap_up","note":"Calls back","outcome":"Sale"},
  "finish_wrap_up": {"command":"finish_wrap_up","then":{"reason":"Tea","state":"pause"}},
  "more_time": {"command":"more_time"},
};

export const standings: { standing: Standing; view: Partial<phone.PhoneView> }[] = [
  {"standing":"on_a_call","view":{}},
  {"standing":"on_a_call","view":{"calls":[{"auto_answer":false,"began_at":4000,"call":1,"direction":"outgoing","display_name":null,"held":false,"held_by_peer":false,"held_since":null,"interrupted":false,"interrupted_since":null,"muted":true,"number":"700202","one_way_in_since":null,"one_way_out_since":null,"path":{"codec":"opus","local":"192.168.1.20:50000","remote":"203.0.113.7:30000","remote_kind":"host"},"quality":"good","repairing":false,"round_trip_ms":20,"silenced":false,"state":{"state":"talking"},"talking_since":6500}]}},
  {"standing":"on_hold","view":{"calls":[{"auto_answer":false,"began_at":4000,"call":1,"direction":"outgoing","display_name":null,"held":true,"held_by_peer":false,"held_since":null,"interrupted":false,"interrupted_since":null,"muted":false,"number":"700202","one_way_in_since":null,"one_way_out_since":null,"path":{"codec":"opus","local":"192.168.1.20:50000","remote":"203.0.113.7:30000","remote_kind":"host"},"quality":"good","repairing":false,"round_trip_ms":20,"silenced":false,"state":{"state":"talking"},"talking_since":6500}]}},
  {"standing":"ringing","view":{"calls":[{"auto_answer":false,"began_at":4000,"call":1,"direction":"outgoing","display_name":null,"held":false,"held_by_peer":false,"held_since":null,"interrupted":false,"interrupted_since":null,"muted":false,"number":"700202","one_way_in_since":null,"one_way_out_since":null,"path":{"codec":"opus","local":"192.168.1.20:50000","remote":"203.0.113.7:30000","remote_kind":"host"},"quality":"good","repairing":false,"round_trip_ms":20,"silenced":false,"state":{"state":"alerting"},"talking_since":6500}]}},
  {"standing":"wrap_up","view":{"calls":[]}},
  {"standing":"wrap_up","view":{"calls":[],"link":{"state":"opening"}}},
  {"standing":"ready","view":{"calls":[],"queue":{"at_stake":2,"availability":{"state":"ready"},"login":{"state":"in"},"next":{"reason":"Lunch","state":"pause"},"order":null,"outcomes":["Sale","No sale"],"pause_reasons":["Lunch","Tea"],"refused":null,"since":1300,"unsaved":1,"wrap_up":null}}},
  {"standing":"ready","view":{"calls":[],"queue":null}},
  {"standing":"ready","view":{"calls":[],"queue":{"at_stake":2,"availability":{"state":"ready"},"login":{"state":"in"},"next":{"reason":"Lunch","state":"pause"},"order":null,"outcomes":["Sale","No sale"],"pause_reasons":["Lunch","Tea"],"refused":null,"since":1300,"unsaved":1,"wrap_up":null},"sound":{"capture_open":false,"check":null,"devices":null,"microphone":null,"microphone_fault":null,"muted_speech_at":null,"ringer":null,"settings":{"country":"","echo_cancellation":true,"gain_control":true,"high_pass":true,"microphone":[],"noise_suppression":true,"ring_volume":100,"ringer":[],"speaker":[]},"speaker":null,"tested":null}}},
  {"standing":"paused","view":{"calls":[],"queue":{"at_stake":2,"availability":{"reason":null,"state":"pause"},"login":{"state":"in"},"next":{"reason":"Lunch","state":"pause"},"order":null,"outcomes":["Sale","No sale"],"pause_reasons":["Lunch","Tea"],"refused":null,"since":1300,"unsaved":1,"wrap_up":null}}},
  {"standing":"unset","view":{"calls":[],"queue":{"at_stake":2,"availability":null,"login":{"state":"in"},"next":{"reason":"Lunch","state":"pause"},"order":null,"outcomes":["Sale","No sale"],"pause_reasons":["Lunch","Tea"],"refused":null,"since":1300,"unsaved":1,"wrap_up":null}}},
  {"standing":"no_queue","view":{"calls":[],"queue":{"at_stake":2,"availability":{"state":"ready"},"login":{"message":"Invalid Authentication","state":"failed"},"next":{"reason":"Lunch","state":"pause"},"order":null,"outcomes":["Sale","No sale"],"pause_reasons":["Lunch","Tea"],"refused":null,"since":1300,"unsaved":1,"wrap_up":null}}},
  {"standing":"no_microphone","view":{"calls":[],"queue":{"at_stake":2,"availability":{"state":"ready"},"login":{"state":"in"},"next":{"reason":"Lunch","state":"pause"},"order":null,"outcomes":["Sale","No sale"],"pause_reasons":["Lunch","Tea"],"refused":null,"since":1300,"unsaved":1,"wrap_up":null},"sound":{"capture_open":false,"check":null,"devices":[{"default_input":true,"default_output":false,"id":"pulseaudio:alsa_input.usb-Jabra_Evolve2","input":true,"kind":"headset","name":"Jabra Evolve2","output":false}],"microphone":null,"microphone_fault":null,"muted_speech_at":null,"ringer":null,"settings":{"country":"","echo_cancellation":true,"gain_control":true,"high_pass":true,"microphone":[],"noise_suppression":true,"ring_volume":100,"ringer":[],"speaker":[]},"speaker":null,"tested":null}}},
  {"standing":"no_phone","view":{"account":{"phone":false,"since":0,"state":"signed_in","user":{"email":"","id":"","name":"","role":""}},"calls":[],"queue":{"at_stake":2,"availability":{"state":"ready"},"login":{"state":"in"},"next":{"reason":"Lunch","state":"pause"},"order":null,"outcomes":["Sale","No sale"],"pause_reasons":["Lunch","Tea"],"refused":null,"since":1300,"unsaved":1,"wrap_up":null}}},
  {"standing":"connecting","view":{"calls":[],"line":{"state":"registering"},"proofs":{"line_confirmed_at":null,"line_expires_at":601200,"link_heard_at":8900,"queue_confirmed_at":4300,"session_confirmed_at":1195,"session_expires_at":3601190},"queue":{"at_stake":2,"availability":{"state":"ready"},"login":{"state":"in"},"next":{"reason":"Lunch","state":"pause"},"order":null,"outcomes":["Sale","No sale"],"pause_reasons":["Lunch","Tea"],"refused":null,"since":1300,"unsaved":1,"wrap_up":null}}},
  {"standing":"reconnecting","view":{"calls":[],"line":{"state":"registering"},"queue":{"at_stake":2,"availability":{"state":"ready"},"login":{"state":"in"},"next":{"reason":"Lunch","state":"pause"},"order":null,"outcomes":["Sale","No sale"],"pause_reasons":["Lunch","Tea"],"refused":null,"since":1300,"unsaved":1,"wrap_up":null}}},
  {"standing":"signed_out","view":{"calls":[],"lease":{"state":{"reason":{"code":"lease_expired"},"state":"lost"},"ttl_ms":1},"queue":{"at_stake":2,"availability":{"state":"ready"},"login":{"state":"in"},"next":{"reason":"Lunch","state":"pause"},"order":null,"outcomes":["Sale","No sale"],"pause_reasons":["Lunch","Tea"],"refused":null,"since":1300,"unsaved":1,"wrap_up":null}}},
  {"standing":"signed_out","view":{"account":{"reason":null,"since":1100,"state":"signed_out"},"calls":[],"queue":{"at_stake":2,"availability":{"state":"ready"},"login":{"state":"in"},"next":{"reason":"Lunch","state":"pause"},"order":null,"outcomes":["Sale","No sale"],"pause_reasons":["Lunch","Tea"],"refused":null,"since":1300,"unsaved":1,"wrap_up":null}}},
  {"standing":"connecting","view":{"account":{"state":"restoring"},"calls":[],"queue":{"at_stake":2,"availability":{"state":"ready"},"login":{"state":"in"},"next":{"reason":"Lunch","state":"pause"},"order":null,"outcomes":["Sale","No sale"],"pause_reasons":["Lunch","Tea"],"refused":null,"since":1300,"unsaved":1,"wrap_up":null}}},
  {"standing":"connecting","view":{"account":{"state":"resuming","trouble":{"detail":"What happened","hop":"tcp"},"user":{"email":"ana@helix.example","id":"u-1","name":"Ana","role":"cc-agent"}},"calls":[],"queue":{"at_stake":2,"availability":{"state":"ready"},"login":{"state":"in"},"next":{"reason":"Lunch","state":"pause"},"order":null,"outcomes":["Sale","No sale"],"pause_reasons":["Lunch","Tea"],"refused":null,"since":1300,"unsaved":1,"wrap_up":null}}},
  {"standing":"connecting","view":{"account":{"email":"ana@helix.example","state":"signing_in"},"calls":[],"queue":{"at_stake":2,"availability":{"state":"ready"},"login":{"state":"in"},"next":{"reason":"Lunch","state":"pause"},"order":null,"outcomes":["Sale","No sale"],"pause_reasons":["Lunch","Tea"],"refused":null,"since":1300,"unsaved":1,"wrap_up":null}}},
  {"standing":"connecting","view":{"account":{"ask":{"state":"after_call"},"device_name":"Ana's laptop","email":"ana@helix.example","state":"asking"},"calls":[],"queue":{"at_stake":2,"availability":{"state":"ready"},"login":{"state":"in"},"next":{"reason":"Lunch","state":"pause"},"order":null,"outcomes":["Sale","No sale"],"pause_reasons":["Lunch","Tea"],"refused":null,"since":1300,"unsaved":1,"wrap_up":null}}},
  {"standing":"ready","view":{"calls":[],"queue":{"at_stake":2,"availability":{"state":"ready"},"login":{"state":"in"},"next":{"reason":"Lunch","state":"pause"},"order":null,"outcomes":["Sale","No sale"],"pause_reasons":["Lunch","Tea"],"refused":null,"since":1300,"unsaved":1,"wrap_up":null}}},
  {"standing":"ready","view":{"account":{"sip_uri":"sip:700201@sip.example","state":"fallback"},"calls":[],"queue":{"at_stake":2,"availability":{"state":"ready"},"login":{"state":"in"},"next":{"reason":"Lunch","state":"pause"},"order":null,"outcomes":["Sale","No sale"],"pause_reasons":["Lunch","Tea"],"refused":null,"since":1300,"unsaved":1,"wrap_up":null}}},
  {"standing":"no_phone","view":{"account":{"message":"SIP is not started: why","state":"not_configured"},"calls":[],"queue":{"at_stake":2,"availability":{"state":"ready"},"login":{"state":"in"},"next":{"reason":"Lunch","state":"pause"},"order":null,"outcomes":["Sale","No sale"],"pause_reasons":["Lunch","Tea"],"refused":null,"since":1300,"unsaved":1,"wrap_up":null}}},
  {"standing":"signed_out","view":{"account":{"state":"signing_out"},"calls":[],"queue":{"at_stake":2,"availability":{"state":"ready"},"login":{"state":"in"},"next":{"reason":"Lunch","state":"pause"},"order":null,"outcomes":["Sale","No sale"],"pause_reasons":["Lunch","Tea"],"refused":null,"since":1300,"unsaved":1,"wrap_up":null}}},
  {"standing":"reconnecting","view":{"calls":[],"link":{"state":"off"},"queue":{"at_stake":2,"availability":{"state":"ready"},"login":{"state":"in"},"next":{"reason":"Lunch","state":"pause"},"order":null,"outcomes":["Sale","No sale"],"pause_reasons":["Lunch","Tea"],"refused":null,"since":1300,"unsaved":1,"wrap_up":null}}},
  {"standing":"reconnecting","view":{"calls":[],"link":{"state":"opening"},"queue":{"at_stake":2,"availability":{"state":"ready"},"login":{"state":"in"},"next":{"reason":"Lunch","state":"pause"},"order":null,"outcomes":["Sale","No sale"],"pause_reasons":["Lunch","Tea"],"refused":null,"since":1300,"unsaved":1,"wrap_up":null}}},
  {"standing":"ready","view":{"calls":[],"queue":{"at_stake":2,"availability":{"state":"ready"},"login":{"state":"in"},"next":{"reason":"Lunch","state":"pause"},"order":null,"outcomes":["Sale","No sale"],"pause_reasons":["Lunch","Tea"],"refused":null,"since":1300,"unsaved":1,"wrap_up":null}}},
  {"standing":"reconnecting","view":{"calls":[],"link":{"detail":"The name sip.example has no address","hop":"dns","host":"sip.example","retry_at":1900,"state":"down"},"queue":{"at_stake":2,"availability":{"state":"ready"},"login":{"state":"in"},"next":{"reason":"Lunch","state":"pause"},"order":null,"outcomes":["Sale","No sale"],"pause_reasons":["Lunch","Tea"],"refused":null,"since":1300,"unsaved":1,"wrap_up":null}}},
  {"standing":"reconnecting","view":{"calls":[],"line":{"state":"off"},"queue":{"at_stake":2,"availability":{"state":"ready"},"login":{"state":"in"},"next":{"reason":"Lunch","state":"pause"},"order":null,"outcomes":["Sale","No sale"],"pause_reasons":["Lunch","Tea"],"refused":null,"since":1300,"unsaved":1,"wrap_up":null}}},
  {"standing":"reconnecting","view":{"calls":[],"line":{"state":"registering"},"queue":{"at_stake":2,"availability":{"state":"ready"},"login":{"state":"in"},"next":{"reason":"Lunch","state":"pause"},"order":null,"outcomes":["Sale","No sale"],"pause_reasons":["Lunch","Tea"],"refused":null,"since":1300,"unsaved":1,"wrap_up":null}}},
  {"standing":"ready","view":{"calls":[],"queue":{"at_stake":2,"availability":{"state":"ready"},"login":{"state":"in"},"next":{"reason":"Lunch","state":"pause"},"order":null,"outcomes":["Sale","No sale"],"pause_reasons":["Lunch","Tea"],"refused":null,"since":1300,"unsaved":1,"wrap_up":null}}},
  {"standing":"no_line","view":{"calls":[],"line":{"reason":"Forbidden","retry_at":61200,"state":"failed","status":403},"queue":{"at_stake":2,"availability":{"state":"ready"},"login":{"state":"in"},"next":{"reason":"Lunch","state":"pause"},"order":null,"outcomes":["Sale","No sale"],"pause_reasons":["Lunch","Tea"],"refused":null,"since":1300,"unsaved":1,"wrap_up":null}}},
];
