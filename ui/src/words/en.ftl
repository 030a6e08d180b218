### The source of every language. A placeable is what stands in { }; $-names are filled in by the page.

## State of the phone

state-label = State:
state-ready = Ready
state-ringing = Ringing
state-on-a-call = On a call
state-on-hold = On hold
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
light-proven = proven
light-working = working
light-fault = fault
light-off = off

## Frame

menu-label = Menu
mini-open = Small window
tabs-label = Pages
tab-keypad = Keypad
tab-call = Call
tab-history = History
tab-more = More
history-title = History
sound-title = Sound
connection-title = Connection
more-title = More
about-title = About
sound-none = No microphone
sound-level = Microphone level
sound-ring-off = The ringer is off
close = Close
put-away = Put away
cancel = Cancel
sign-out = Sign out

## Calls

call-show = Show the call
call-muted = You are muted

## Sign in

sign-in-title = Sign in to your phone
signing-out = Signing out…
