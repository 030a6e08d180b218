### The source of every language. A placeable is what stands in { }; $-names are filled in by the page.
### A no-break space stands between a number and what it counts.

## State of the phone

state-label = State:
state-ready = Ready
state-ringing = Ringing
state-on-a-call = On a call
state-on-hold = On hold
state-wrap-up = Wrap-up
state-paused = Paused
state-paused-for = Paused – { $reason }
state-unset = Say when you are ready
state-no-queue = Not ready – queue
state-no-microphone = Not ready – microphone
state-no-line = Not ready – line
state-connecting = Connecting…
state-reconnecting = Reconnecting…
state-signed-out = Signed out

## Lights: each is read with what it proves

light-connected = Connected
light-session = Session
light-server = Server
light-line = Line
light-queue = Queue
proof-proven = proven
proof-working = working
proof-fault = fault

## Frame

menu-label = Menu
mini-open = Small window
mini-close = Large window
tabs-label = Pages
notices-label = Notices
tab-keypad = Keypad
tab-call = Call
history-title = History
history-local = { $days ->
    [0] Calls are not kept.
    [one] Only on this computer, for one day.
   *[other] Only on this computer, for { $days } days.
  }
sound-title = Sound
connection-title = Connection
more-title = More
about-title = About
sound-none = No microphone
sound-level = Microphone level
close = Close
put-away = Put away
cancel = Cancel
copy-support = Copy for support
copy-it = Copy for IT
copy-proof = Copy proof
copied = Copied
sign-out = Sign out
try-again = Try again
try-now = Try now
change = Change
test = Test

## Sign in

sign-in-title = Sign in to your phone
sign-in-server-hint = The address that your administrator gave you
server-locked = Set by your organisation
server-given = Set when this program was started
sign-in-email = Email or user
sign-in-password = Password
password-show = Show password
password-hide = Hide password
caps-lock = Caps Lock is on
sign-in = Sign in
signing-in = Signing in…
sign-in-again = Sign in here
sign-in-another = Use another account
language-label = Language
version = Version { $version }
signed-out-free = Signed out. Your phone is free.
signed-out-unconfirmed = Signed out here. The server has not confirmed it: other devices may find your phone in use for up to { $minutes } min.
email-missing = Enter your email or user name
password-missing = Enter your password
server-invalid = This address cannot be used. It begins with https://
server-not-allowed = Your organisation allows other servers only. Ask your administrator for the address.
server-missing = Enter the address of your server
steps-label = Steps
step-done = done
step-waiting = waiting
signing-out = Signing out…
restoring = Looking for your session…
resuming = Welcome back, { $name }
resuming-line = Confirming your session…
resuming-trouble = Your session is kept. We go on trying.

## Your phone is in use

held-title = Your phone is in use
held-where = You are signed in on { $device }.
held-since = You are signed in on { $device } since { $time }.
held-device = { $name } ({ $system })
held-in-call = It is on a call.
held-unknown = Your extension is held by another session. Sign out there first, or ask your administrator. It frees itself in up to 60 minutes.
held-move = Move it here
held-password = Your password once more, to move it
held-ask = Ask to move it here
held-force = You can move it all the same. A call there goes on until it ends.
another-device = Another device
asking-sending = Asking { $device }…
asking-waiting = Waiting for { $device }… { $seconds } s
asking-after-call = It will move after the current call. Keep this window open.
not-moved-refused = { $device } said no.
not-moved-unanswered = { $device } does not answer.
not-moved-superseded = Another device asked for your phone after this one.
not-moved-lapsed = The request is over. You can ask once more.

## No phone

no-phone-title = This account has no phone
no-phone-ask = Ask for an agent record (extension and campaign).
no-phone-role = You are signed in. This role has no phone.

## The session ended

ended-moved = Your phone was moved
ended-moved-line = Your phone moved to { $device } at { $time }.
ended-released = Your phone was moved or released
ended-at = at { $time }
ended-expired = Your session ended
ended-expired-line = It could not be confirmed in time and ended at { $time }.
ended-token = Please sign in again
ended-token-line = Your sign-in ended at { $time }.
ended-account = Your phone account has changed
ended-account-line = Your session ended at { $time }. Sign in again for the new account.

## What went wrong

fault-offline = No network
fault-offline-line = This computer is offline. We reconnect by ourselves.
fault-offline-try = This computer is offline. Connect it, then try again.
fault-address = The server's address cannot be used
fault-dns = Cannot find the server
fault-dns-line = { $host } is unknown on this network. A VPN may be needed.
fault-tcp = The server cannot be reached
fault-tcp-line = A firewall may stand in the way, or a VPN may be needed.
fault-proxy-sign-in = The company proxy wants a sign-in
fault-proxy = The company proxy does not let us through
fault-proxy-line = Voice signalling cannot pass.
fault-proxy-refused = Sign-in was refused by { $proxy }.
fault-proxy-port = The proxy does not allow port { $port }
fault-proxy-server = The server cannot be reached through it.
fault-tls = The server's certificate is not trusted
fault-tls-line = Your company may need to install it.
fault-tls-time = The server's certificate is not valid now
fault-tls-time-line = It has expired, or this computer's clock is wrong.
fault-tls-issued = Issued by { $issuer }. Your company may need to install it.
fault-tls-expired = Certificate expired on { $day }
fault-tls-early = Certificate is not valid before { $day }
fault-tls-clock = Or this computer's clock is wrong.
fault-tls-name = The server's certificate is for another name
fault-tls-names = It is for { $names }.
fault-tls-revoked = The server's certificate was revoked
clock-off = This computer's clock is { $time } off.
open-clock = Open clock settings
open-settings = Open settings
fault-tls-other = No secure connection to the server
fault-http = The server gave no answer that makes sense
fault-http-line = Something else may answer at { $host }. If this is a guest network, open its sign-in page in a browser.
fault-refused = The phone server refused the connection
fault-timeout = The server does not answer
fault-timeout-line = The network may be slow. Try again.
fault-credentials = Wrong user or password
fault-request = The server did not take this sign-in
fault-second-factor = Your account asks for a second factor
fault-second-factor-line = This phone cannot ask for its code. Your administrator can help.
fault-not-verified = Your e-mail address is not verified
fault-not-verified-line = Open the link in the message you were sent, then sign in again.
fault-tries = Too many tries
fault-tries-wait = Wait { $seconds } s.
fault-tries-later = Wait a little.
fault-tries-over = You can try again now.
fault-server = The server has trouble
fault-server-line = Not your fault. Try again in a moment.
fault-account = Your phone is not set up right
fault-account-line = Ask your administrator to check your agent record.
fault-extension-refused = The phone server refused extension { $extension }
fault-extension-refused-line = Ask your administrator to check the SIP password.
fault-extension-unknown = The extension does not exist
fault-line-silent = The phone server does not answer
fault-line-full = Old sign-ins are still open
fault-line-full-line = They end by themselves.
fault-line = The phone server did not take your extension
fault-queue = Ozonetel did not sign you in
full-stop = .
retry-in = Trying again in { $seconds } s.
retry-now = Trying again…

## Another device asks for this phone

move-label = Request of another device
move-asks = Move your phone to { $device }?
move-asks-idle = It asks now ({ $seconds }). Without an answer it moves.
move-asks-call = It asks now ({ $seconds }). Without an answer it moves after this call.
move-later = Your phone moves to { $device } after this call.
move-silent = No answer: your phone moves to { $device } when this call ends.
move-moving = Your phone moves to { $device }…
move-now = Move now
move-stay = No, stay here

## Notices

notice-at-risk = Your session cannot be confirmed; it ends in { $minutes ->
    [one] { $minutes } minute
   *[other] { $minutes } minutes
  }. We go on trying.
notice-lost = Your session is lost. This call goes on; after it you sign in again.
notice-moved = Your phone moved to { $device }. This call goes on; after it you are signed out.
notice-moved-here = Moved here. { $device } is signed out.
notice-vault-memory = Your session is kept in memory only. After a crash you sign in again.
notice-turned-away = Call from { $number } was told that you are busy
notice-change-failed = The other side did not take the change.
notice-media-failed = The sound of this call has trouble
notice-queue-silent = Ozonetel does not answer.
notice-refused = Ozonetel refused: { $state }
notice-outcome-refused = Ozonetel did not take the outcome: { $outcome }
notice-unset = Queue calls come once you are ready.
notice-unsaved = Could not save the outcome. We keep it and try again.
notice-outcome-lost = The outcome may not be saved: { $outcome }
notice-time-up = Time is up.
notice-time-up-ready = Time is up. You are ready.
refused-no-outcome = Choose an outcome first.
refused-not-registered = Your line is not ready. No calls can be made.
refused-lease-lost = Your session is lost. Sign in again to make calls.
refused-too-many-calls = You have as many calls as are allowed.
refused-target = This number cannot be called.
refused-not-allowed = Calls to this number are not allowed by your organisation.
refused-state = That is not possible now.
refused-check-runs = A sound check is running. Wait until it is over.
refused-too-fast = That was too much at once. Try again in a moment.
refused-request = This request is over.
refused-failed = That did not work. The computer says: { $words }
notice-computer = The computer says:

## Lengths of time

span-hours = { $hours } h { $minutes } min
span-minutes = { $minutes } min { $seconds } s
span-seconds = { $seconds } s
span-of = { $time } of { $whole }

## Ready

home-extension = Extension { $extension }
home-campaign = Campaign { $campaign }
dial-label = Name or number
dial = Call
dial-recent = From your history
number-short = This number is too short.
number-dialled = { $number } (as dialled)
keypad-show = Show keypad
keypad-hide = Hide keypad
erase = Erase
last-call = Last call
call-back = Call back
no-calls = No calls yet today.

## Queue

go-ready = Go ready
pause = Pause
pause-search = Look for a reason
pause-none = There is no such reason.
after-call = After this call
after-wrap-up = After the wrap-up
next = Then: { $state }
next-cancel = Then: { $state }. Cancel
queue-ordering = Changing to: { $state }
wrap-up-show = Back to the wrap-up
wrap-up-left = Time left:
wrap-up-done = Done – { $state }
wrap-up-done-pause = Done – pause
wrap-up-more = More time
outcome-label = Outcome
outcome-note = Note
outcome-saving = Saving…
outcome-refused = Ozonetel did not take it: { $words }. Choose another outcome.

## How calls ended

cause-cut = The phone was closed during this call
cause-local = You hung up
cause-caller = Ended by the caller
cause-remote = They hung up
cause-declined = Declined
cause-missed = Missed call
cause-elsewhere = Answered on another device
cause-timeout = No answer in time
cause-lost = The call was lost.
cause-no-path = Your network blocks voice
cause-no-path-line = Calls would be silent. Ask your IT to let voice through.
cause-signed-out = Ended because you signed out
cause-busy = Busy
cause-no-answer = No answer
cause-not-found = This number does not exist
cause-refused = The call was refused
cause-security = The call was not secure and was ended
cause-incompatible = The two phones share no sound format
call-answered = Answered after { $after }, { $length }, { $end }.
call-went = { $length } of talk, { $end }.
call-end-you = ended by you
call-end-caller = ended by the caller
call-end-called = ended by the other side
call-end-lost = then lost
call-end-signed-out = ended because you signed out
call-end-closed = cut because the phone was closed
call-end-fault = ended by a fault
call-poor = Sound was poor for { $poor }.
call-poor-here = Sound was poor for { $poor }: your network.
call-poor-partly = Sound was poor for { $poor }, { $here } of it: your network.

## Calls

number-withheld = Number withheld
call-show = Show the call
incoming-call = Incoming call
incoming-campaign = Incoming call · { $campaign } campaign
answer = Answer
decline = Decline
hang-up = Hang up
answered-itself = Answered automatically
answers-itself = Will be answered automatically
ringing-on = Ringing on { $device }
ringing-off = The ringer is off
ring-mute = Mute ring
ring-muted = The ring is muted
second-call = Second call – Answer puts the current caller on hold
call-calling = Calling…
call-ringing = Ringing…
call-connecting = Connecting…
call-mute = Mute
call-muted = You are muted
call-muted-speech = You are muted – press M to speak
call-hold = Hold
call-resume = Resume
call-keypad = Keypad
call-add = Add call
call-held = On hold { $time } – they cannot hear you
call-still-held = Still on hold { $time }
call-held-by-peer = They put you on hold
call-interrupted = Reconnecting your call… { $seconds } s left. Stay on the line.
call-recovered = You are back. { $seconds } s were lost.
one-way-in = You cannot hear them
one-way-in-line = Nothing arrives from the server.
one-way-out = They cannot hear you
one-way-out-line = Packets leave but do not arrive.
one-way-repair = Repair
one-way-repairing = Repairing the sound…
call-switch = Switch
digits-sent = Digits sent
quality-good = Good
quality-fair = Fair
quality-poor = Poor
quality-poor-here = Poor – your network
quality-poor-here-line = Move closer to your Wi-Fi or use a cable.
quality-unknown = Measuring…
quality-label = Sound quality:
on-hold-for = on hold { $time }

## Read by screen readers alone

read-incoming = Incoming call from { $name }. Control Enter to answer.
read-ring = Incoming call from { $name }.
read-ring-key = Incoming call from { $name }. { $key } to answer.
read-ended = Call ended. { $cause }
read-minute = One minute
read-asked = { $device } asks for your phone. You have { $seconds } seconds to answer.

## History

history-filter = Show
history-filter-all = All
history-filter-out = Out
history-missed = Missed
history-missed-calls = Missed
history-incoming = Incoming
history-outgoing = Outgoing
history-no-talk = Not answered
history-withheld-why = The caller withheld the number, so it cannot be called back.
history-masked = Your organisation hides part of this number, so it cannot be called back.
history-none = No calls yet.
history-none-missed = No missed calls.
history-none-outgoing = No calls made yet.
history-number = Number
history-kind = Call
history-when = When
history-length = Length
history-end = How it ended
history-delete = Delete
history-deleted = Call deleted
history-delete-all = Delete all
history-delete-all-title = Delete the whole history?
history-delete-all-line = { $calls ->
    [one] One call is deleted from this computer. That cannot be undone.
   *[other] { $calls } calls are deleted from this computer. That cannot be undone.
  }
history-deleted-all = History deleted

## First run

headset-title = Choose your headset.
headset-why = What you choose comes first whenever it is plugged in.
headset-used = Used in calls
headset-hello-why = Speak for three seconds, then hear what callers hear.
headset-hello = Say hello
continue = Continue
skip = Skip

## Sound

sound-check = Sound check
check-why = Speak for three seconds and see how callers hear you.
check-begin = Check my microphone
check-again = Check again
check-speak = Speak now, as you do in a call…
check-at = Checked at { $time }
check-in-call = The check can begin when your call is over.
test-speaker = Test the speaker
test-ringer = Test the ringer
test-stop = Stop the test
verdict-no-microphone = No microphone was found. Is your headset plugged in?
verdict-silent = We hear nothing from your headset. Is its mute switch on?
verdict-clipped = Too loud: move the microphone away from your mouth, or lower it in the sound settings
verdict-very-quiet = Very quiet: raise the microphone in the sound settings
verdict-noisy = Noisy: callers will hear what is around you
verdict-built-in = Your laptop's microphone is in use, not the headset
verdict-bluetooth = Bluetooth hands-free: callers will hear narrow sound. A cable or the headset's own USB adapter sounds better
verdict-good = Sounds good
role-microphone = Microphone
role-speaker = Speaker
role-ringer = Ringer
speaker-level = Speaker level
devices-looking = Looking for devices…
devices-lost = The devices could not be listed
devices-no-microphone = No microphone was found. Plug in a headset.
devices-no-speaker = No speaker was found. Plug in a headset.
device-list = Devices, the first that is plugged in is used
device-automatic = The device that the system prefers is used. Choose one to prefer it here.
device-automatic-locked = The device that the system prefers is used.
device-now = Using { $device } now.
device-recovered = { $device } works again.
device-gone = { $device } disconnected.
device-busy = { $device } is used by another program. Close that program or choose another device.
device-refused = { $device } is blocked by the system. Allow it in the privacy settings.
device-service = The sound service of this computer is not running.
device-stuck = { $device } does not respond.
device-broken = { $device } stopped working.
device-in-use = In use
device-away = Not plugged in
device-usual = Preferred by the system
device-use = Prefer
device-choose = Prefer { $name }
device-chosen = { $name } is now the first choice
device-up = Move { $name } up
device-moved = { $name } is now in place { $place }
device-remove = Remove { $name } from your choices
device-removed = { $name } removed from your choices
volume-label = Ring volume
volume-off = Off
volume-percent = { $percent } %
processing-title = Voice processing
processing-echo = Echo cancellation
processing-echo-hint = Callers do not hear themselves
processing-noise = Noise reduction
processing-noise-hint = The room around you becomes quieter
processing-gain = Automatic level
processing-gain-hint = Your voice is always equally loud
processing-rumble = Rumble filter
processing-rumble-hint = Takes out hum and knocks on the desk
tones-title = Tones
tones-country = Country of the tones
tones-hint = How ringing and busy sound
tones-international = International

## Connection

back = Back
copy = Copy
reconnect = Reconnect
check-connection = Check my connection
check-phone = Check my phone
checking = Checking…
server-answers = { $host } answers ({ $ms } ms)
proof-none = not proven
proof-confirmed = Confirmed { $age } ago
proof-ends = Ends in { $left }
proof-expires = Expires in { $left }
proof-over = Its time is over
proof-holder = { $name } on { $device }
proof-no-session = No session
proof-session-at-risk = The session cannot be confirmed. We go on trying.
proof-session-lost = The session is lost
proof-server-off = Not connected
proof-server-up = Connected since { $time }
proof-heard = Heard { $age } ago
proof-line-off = Not registered
proof-line-registering = Registering…
proof-line = { $extension } at { $server }
proof-queue-pending = Ozonetel takes its time; the sign-in goes on
proof-queue-since = Since { $time }
path-title = Voice path
path-looking = Looking for the way of the sound…
path-direct = Direct, without a relay
path-relay = By way of a relay of the other side
path-silent = Nothing arrives at present. We go on trying.
path-codec = Sound format: { $codec }
path-round-trip = There and back: at most { $ms } ms
path-unchecked = Not checked yet
path-open = Voice leaves this network and comes back
path-open-line = A STUN server says so. That you hear each other is proven by a call alone.
path-blocked = Voice gets no answer on this network
path-blocked-line = Calls may be silent. Ask your IT to let UDP through.
path-unasked = Only a call can prove it: your account names no STUN server.
proof-microphone-open = Open: it hears you now
proof-microphone-unchecked = Plugged in, not checked yet
speaker-played = What you said was played here. If you heard nothing, make it louder or choose another.
proof-keyring = Keyring
proof-keyring-kept = Your session is kept in this computer's keyring
proof-keyring-memory = Your session is kept in memory only
proof-keyring-memory-line = After a restart you sign in again.

## More

as-system = As the system
account-title = Account
account-extension = Extension
account-agent = Agent
account-campaign = Campaign
account-device = This computer
account-fallback = Fixed SIP account
more-look = Language and appearance
theme-label = Appearance
theme-light = Light
theme-dark = Dark
more-calls = Calls
incoming-label = Incoming calls
incoming-popup = Pop-up
incoming-popup-hint = A small window on top that does not take your typing
incoming-flash = Flash
incoming-flash-hint = Only the taskbar tells you
incoming-front = Bring forward
incoming-front-hint = This window comes to the front
auto-answer-label = Automatic answer
auto-answer-off = Off
auto-answer-off-hint = You answer each call yourself
auto-answer-header = When asked
auto-answer-header-hint = Calls whose sender asks for it are answered
auto-answer-always = Always
auto-answer-always-hint = Each call is answered while no other is on
auto-answer-tone = Tone before answering
auto-answer-tone-hint = You hear it before the caller hears you
max-calls-label = Calls at once
max-calls-hint = { $calls ->
    [one] During a call, another caller hears that you are busy
   *[other] You talk in one, the others are on hold
  }
shortcuts-title = Keys in other programs
shortcuts-note = They work while another program has the focus. Off until you set them.
shortcuts-unavailable = This desktop does not give keys to programs in the background.
shortcut-answer = Answer
shortcut-hang-up = Hang up or decline
shortcut-mute = Mute
shortcut-double = These are already the keys of “{ $label }”.
shortcut-taken = Another program uses these keys. Choose others.
shortcut-unknown = These keys cannot be used here. Choose others.
keys-off = Off
keys-listening = Press keys…
keys-press = Press the keys. Escape leaves it as it is.
keys-unfit = Choose an F key, alone or with Ctrl, Alt or Shift.
keys-clear = Turn off the keys of { $label }
more-start = Start and close
autostart-label = Start with the computer
start-minimised-label = Start without a window
quit-on-close-label = Quit when the window is closed
quit-on-close-hint = Closing the window signs you out
stay-on-close-hint = After closing, the phone goes on ringing
more-pages = Phone
sign-out-title = You are on a call. Hang up and sign out?
sign-out-line = Signing out ends the call and frees your phone.
sign-out-and-hang-up = Hang up and sign out
sign-out-unsaved-title = Sign out before all is saved?
unsaved-line = { $outcomes ->
    [one] One outcome is not saved yet. It would be lost.
   *[other] { $outcomes } outcomes are not saved yet. They would be lost.
  }
stay = Stay

## About

about-computer = System
about-system = Operating system
support-title = Support
support-file = Support file
support-note = Versions, settings, state and the last messages of this phone as a text file. It has no password and no number of a caller. Give it to whoever helps you.
support-save = Save support file
support-saved = Saved:
about-licences = Licences
about-licences-note = Free software, under either licence as you like.
about-licence = { $name } licence

## Questions

quit-title = You are on a call. Hang up and quit?
quit-unsaved-title = Quit before all is saved?
quit-line = Quitting ends the call and signs you out.
quit-and-hang-up = Hang up and quit
quit = Quit
link-title = Call this number?
link-line = A link in another program asks for this call.
link-holds = Your present call is put on hold.
link-refuse = Do not call
