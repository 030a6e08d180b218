## State of the phone

state-label = Status:
state-ready = Bereit
state-ringing = Es klingelt
state-on-a-call = Im Gespräch
state-on-hold = Gehalten
state-wrap-up = Nacharbeit
state-paused = Pause
state-paused-for = Pause – { $reason }
state-unset = Wann sind Sie bereit?
state-no-queue = Nicht bereit – Warteschlange
state-no-microphone = Nicht bereit – Mikrofon
state-no-line = Nicht bereit – Leitung
state-connecting = Verbinden…
state-reconnecting = Neu verbinden…
state-signed-out = Abgemeldet

## Lights: each is read with what it proves

light-connected = Verbunden
light-session = Sitzung
light-server = Server
light-line = Leitung
light-queue = Warteschlange
proof-proven = bestätigt
proof-working = in Arbeit
proof-fault = gestört

## Frame

menu-label = Menü
mini-open = Kleines Fenster
mini-close = Großes Fenster
tabs-label = Seiten
notices-label = Hinweise
tab-keypad = Wählen
tab-call = Gespräch
history-title = Verlauf
history-local = { $days ->
    [0] Anrufe werden nicht aufbewahrt.
    [one] Nur auf diesem Computer, einen Tag lang.
   *[other] Nur auf diesem Computer, { $days } Tage lang.
  }
sound-title = Ton
connection-title = Verbindung
more-title = Mehr
about-title = Info
sound-none = Kein Mikrofon
sound-level = Mikrofonpegel
close = Schließen
put-away = Ausblenden
cancel = Abbrechen
copy-support = Für den Support kopieren
copy-it = Für die IT kopieren
copy-proof = Nachweis kopieren
copied = Kopiert
sign-out = Abmelden
try-again = Erneut versuchen
try-now = Jetzt versuchen
change = Ändern
test = Testen

## Sign in

sign-in-title = An Ihrem Telefon anmelden
sign-in-server-hint = Die Adresse, die Ihnen Ihr Administrator gegeben hat
server-locked = Von Ihrer Organisation festgelegt
server-given = Beim Start dieses Programms festgelegt
sign-in-email = E-Mail oder Benutzer
sign-in-password = Passwort
password-show = Passwort anzeigen
password-hide = Passwort verbergen
caps-lock = Die Feststelltaste ist aktiv
sign-in = Anmelden
signing-in = Anmeldung läuft…
sign-in-again = Hier anmelden
sign-in-another = Anderes Konto verwenden
language-label = Sprache
version = Version { $version }
signed-out-free = Abgemeldet. Ihr Telefon ist frei.
signed-out-unconfirmed = Hier abgemeldet. Der Server hat es nicht bestätigt: Für andere Geräte kann Ihr Telefon noch bis zu { $minutes } min belegt sein.
email-missing = Geben Sie E-Mail oder Benutzernamen ein
password-missing = Geben Sie Ihr Passwort ein
server-invalid = Diese Adresse ist nicht verwendbar. Sie beginnt mit https://
server-not-allowed = Ihre Organisation erlaubt nur andere Server. Fragen Sie Ihren Administrator nach der Adresse.
server-missing = Geben Sie die Adresse Ihres Servers ein
steps-label = Schritte
step-done = erledigt
step-waiting = wartet
signing-out = Abmeldung läuft…
restoring = Ihre Sitzung wird gesucht…
resuming = Willkommen zurück, { $name }
resuming-line = Ihre Sitzung wird bestätigt…
resuming-trouble = Ihre Sitzung bleibt erhalten. Wir versuchen es weiter.

## Your phone is in use

held-title = Ihr Telefon wird gerade benutzt
held-where = Sie sind an { $device } angemeldet.
held-since = Sie sind seit { $time } an { $device } angemeldet.
held-device = { $name } ({ $system })
held-in-call = Dort läuft ein Gespräch.
held-unknown = Ihre Nebenstelle ist durch eine andere Sitzung belegt. Melden Sie sich dort zuerst ab oder fragen Sie Ihren Administrator. Sie wird nach spätestens 60 Minuten von selbst frei.
held-move = Hierher holen
held-password = Noch einmal Ihr Passwort
held-ask = Umzug anfragen
held-force = Sie können es trotzdem holen. Ein Gespräch dort läuft bis zu seinem Ende weiter.
another-device = Ein anderes Gerät
asking-sending = { $device } wird gefragt …
asking-waiting = Warten auf { $device } … { $seconds } s
asking-after-call = Es zieht nach dem laufenden Gespräch um. Lassen Sie dieses Fenster offen.
not-moved-refused = { $device } hat abgelehnt.
not-moved-unanswered = { $device } antwortet nicht.
not-moved-superseded = Ein anderes Gerät hat nach diesem um Ihr Telefon gebeten.
not-moved-lapsed = Die Anfrage ist vorbei. Sie können noch einmal fragen.

## No phone

no-phone-title = Dieses Konto hat kein Telefon
no-phone-ask = Bitten Sie um einen Agenteneintrag (Nebenstelle und Kampagne).
no-phone-role = Sie sind angemeldet. Diese Rolle hat kein Telefon.

## The session ended

ended-moved = Ihr Telefon ist umgezogen
ended-moved-line = Ihr Telefon ist um { $time } zu { $device } umgezogen.
ended-released = Ihr Telefon ist umgezogen oder wurde freigegeben
ended-at = um { $time }
ended-expired = Ihre Sitzung ist beendet
ended-expired-line = Sie konnte nicht rechtzeitig bestätigt werden und endete um { $time }.
ended-token = Bitte melden Sie sich neu an
ended-token-line = Ihre Anmeldung endete um { $time }.
ended-account = Ihr Telefonkonto wurde geändert
ended-account-line = Ihre Sitzung endete um { $time }. Melden Sie sich für das neue Konto neu an.

## What went wrong

fault-offline = Kein Netz
fault-offline-line = Dieser Computer ist offline. Die Verbindung kommt von selbst wieder.
fault-offline-try = Dieser Computer ist offline. Verbinden Sie ihn und versuchen Sie es erneut.
fault-address = Die Adresse des Servers ist nicht verwendbar
fault-dns = Der Server ist nicht zu finden
fault-dns-line = { $host } ist in diesem Netz unbekannt. Vielleicht wird ein VPN gebraucht.
fault-tcp = Der Server ist nicht erreichbar
fault-tcp-line = Vielleicht blockiert eine Firewall, oder es wird ein VPN gebraucht.
fault-proxy-sign-in = Der Proxy der Firma verlangt eine Anmeldung
fault-proxy = Der Proxy der Firma lässt uns nicht durch
fault-proxy-line = Die Signalisierung der Anrufe kommt nicht durch.
fault-proxy-refused = Die Anmeldung wurde von { $proxy } abgelehnt.
fault-proxy-port = Der Proxy erlaubt Port { $port } nicht
fault-proxy-server = Der Server ist über ihn nicht erreichbar.
fault-tls = Dem Zertifikat des Servers wird nicht vertraut
fault-tls-line = Vielleicht muss Ihre Firma es installieren.
fault-tls-time = Das Zertifikat des Servers ist zurzeit nicht gültig
fault-tls-time-line = Es ist abgelaufen, oder die Uhr dieses Computers geht falsch.
fault-tls-issued = Ausgestellt von { $issuer }. Vielleicht muss Ihre Firma es installieren.
fault-tls-expired = Zertifikat am { $day } abgelaufen
fault-tls-early = Zertifikat erst ab { $day } gültig
fault-tls-clock = Oder die Uhr dieses Computers geht falsch.
fault-tls-name = Das Zertifikat des Servers gilt für einen anderen Namen
fault-tls-names = Es gilt für { $names }.
fault-tls-revoked = Das Zertifikat des Servers wurde widerrufen
clock-off = Die Uhr dieses Computers geht um { $time } falsch.
open-clock = Uhrzeit-Einstellungen öffnen
open-settings = Einstellungen öffnen
fault-tls-other = Keine sichere Verbindung zum Server
fault-http = Die Antwort des Servers ist unverständlich
fault-http-line = Vielleicht antwortet an { $host } etwas anderes. In einem Gastnetz öffnen Sie dessen Anmeldeseite im Browser.
fault-refused = Der Telefonserver hat die Verbindung abgelehnt
fault-timeout = Der Server antwortet nicht
fault-timeout-line = Vielleicht ist das Netz langsam. Versuchen Sie es erneut.
fault-credentials = Benutzer oder Passwort ist falsch
fault-request = Der Server hat diese Anmeldung nicht angenommen
fault-second-factor = Ihr Konto verlangt einen zweiten Faktor
fault-second-factor-line = Dieses Telefon kann nach dessen Code nicht fragen. Ihr Administrator kann helfen.
fault-not-verified = Ihre E-Mail-Adresse ist nicht bestätigt
fault-not-verified-line = Öffnen Sie den Link in der Nachricht, die Sie erhalten haben, und melden Sie sich dann erneut an.
fault-tries = Zu viele Versuche
fault-tries-wait = Warten Sie { $seconds } s.
fault-tries-later = Warten Sie ein wenig.
fault-tries-over = Sie können es jetzt erneut versuchen.
fault-server = Der Server hat eine Störung
fault-server-line = Es liegt nicht an Ihnen. Versuchen Sie es gleich noch einmal.
fault-account = Ihr Telefon ist nicht richtig eingerichtet
fault-account-line = Bitten Sie Ihren Administrator, Ihren Agenteneintrag zu prüfen.
fault-extension-refused = Der Telefonserver hat die Nebenstelle { $extension } abgelehnt
fault-extension-refused-line = Bitten Sie Ihren Administrator, das SIP-Passwort zu prüfen.
fault-extension-unknown = Die Nebenstelle gibt es nicht
fault-line-silent = Der Telefonserver antwortet nicht
fault-line-full = Alte Anmeldungen sind noch offen
fault-line-full-line = Sie enden von selbst.
fault-line = Der Telefonserver hat Ihre Nebenstelle nicht angenommen
fault-queue = Ozonetel hat Sie nicht angemeldet
full-stop = .
retry-in = Neuer Versuch in { $seconds } s.
retry-now = Neuer Versuch…

## Ein anderes Gerät bittet um dieses Telefon

move-label = Anfrage eines anderen Geräts
move-asks = Ihr Telefon an { $device } abgeben?
move-asks-idle = Die Anfrage läuft ({ $seconds }). Ohne Antwort zieht es um.
move-asks-call = Die Anfrage läuft ({ $seconds }). Ohne Antwort zieht es nach diesem Gespräch um.
move-later = Ihr Telefon zieht nach diesem Gespräch zu { $device } um.
move-silent = Keine Antwort: Ihr Telefon zieht am Ende dieses Gesprächs zu { $device } um.
move-moving = Ihr Telefon zieht zu { $device } um …
move-now = Jetzt
move-stay = Nein, hier bleiben

## Notices

notice-at-risk = Ihre Sitzung kann nicht bestätigt werden; sie endet in { $minutes ->
    [one] { $minutes } Minute
   *[other] { $minutes } Minuten
  }. Wir versuchen es weiter.
notice-lost = Ihre Sitzung ist verloren. Dieses Gespräch läuft weiter; danach melden Sie sich neu an.
notice-moved = Ihr Telefon ist zu { $device } umgezogen. Dieses Gespräch läuft weiter; danach sind Sie abgemeldet.
notice-moved-here = Hierher umgezogen. { $device } ist abgemeldet.
notice-vault-memory = Ihre Sitzung liegt nur im Arbeitsspeicher. Nach einem Absturz melden Sie sich neu an.
notice-turned-away = Einem Anruf von { $number } wurde „besetzt“ gemeldet
notice-change-failed = Die Gegenseite hat die Änderung nicht angenommen.
notice-media-failed = Der Ton dieses Gesprächs ist gestört
notice-queue-silent = Ozonetel antwortet nicht.
notice-refused = Ozonetel lehnt ab: { $state }
notice-outcome-refused = Ozonetel hat das Ergebnis nicht angenommen: { $outcome }
notice-unset = Anrufe der Warteschlange kommen, sobald Sie bereit sind.
notice-unsaved = Das Ergebnis konnte nicht gespeichert werden. Wir behalten es und versuchen es weiter.
notice-outcome-lost = Das Ergebnis ist vielleicht nicht gespeichert: { $outcome }
notice-time-up = Die Zeit ist um.
notice-time-up-ready = Die Zeit ist um. Sie sind bereit.
refused-no-outcome = Wählen Sie zuerst ein Ergebnis.
refused-not-registered = Ihre Leitung ist nicht bereit. Anrufe sind nicht möglich.
refused-lease-lost = Ihre Sitzung ist verloren. Melden Sie sich neu an, um anzurufen.
refused-too-many-calls = Mehr Gespräche sind nicht erlaubt.
refused-target = Diese Nummer kann nicht angerufen werden.
refused-not-allowed = Ihre Organisation erlaubt keine Anrufe an diese Nummer.
refused-state = Das ist gerade nicht möglich.
refused-check-runs = Eine Tonprobe läuft. Warten Sie, bis sie vorbei ist.
refused-too-fast = Das war zu viel auf einmal. Versuchen Sie es gleich noch einmal.
refused-request = Diese Anfrage ist vorbei.
refused-failed = Das ging nicht. Der Computer meldet: { $words }
notice-computer = Der Computer meldet:

## Lengths of time

span-hours = { $hours } h { $minutes } min
span-minutes = { $minutes } min { $seconds } s
span-seconds = { $seconds } s
span-of = { $time } von { $whole }

## Ready

home-extension = Nebenstelle { $extension }
home-campaign = Kampagne { $campaign }
dial-label = Name oder Nummer
dial = Anrufen
dial-recent = Aus Ihrem Verlauf
number-short = Diese Nummer ist zu kurz.
number-dialled = { $number } (wird so gewählt)
keypad-show = Wähltasten zeigen
keypad-hide = Wähltasten ausblenden
erase = Löschen
last-call = Letzter Anruf
call-back = Zurückrufen
no-calls = Heute noch keine Anrufe.

## Queue

go-ready = Bereit melden
pause = Pause
pause-search = Grund suchen
pause-none = Diesen Grund gibt es nicht.
after-call = Nach dem Gespräch
after-wrap-up = Nach der Nacharbeit
next = Danach: { $state }
next-cancel = Danach: { $state }. Abbrechen
queue-ordering = Wechsel zu: { $state }
wrap-up-show = Zurück zur Nacharbeit
wrap-up-left = Restzeit:
wrap-up-done = Fertig – { $state }
wrap-up-done-pause = Fertig – Pause
wrap-up-more = Mehr Zeit
outcome-label = Ergebnis
outcome-note = Notiz
outcome-saving = Wird gespeichert …
outcome-refused = Ozonetel hat es nicht angenommen: { $words }. Wählen Sie ein anderes Ergebnis.

## How calls ended

cause-cut = Das Telefon wurde während dieses Anrufs beendet
cause-local = Sie haben aufgelegt
cause-caller = Der Anrufer hat aufgelegt
cause-remote = Die Gegenseite hat aufgelegt
cause-declined = Abgelehnt
cause-missed = Verpasster Anruf
cause-elsewhere = An einem anderen Gerät angenommen
cause-timeout = Nicht rechtzeitig angenommen
cause-lost = Das Gespräch ging verloren.
cause-no-path = Ihr Netz blockiert Sprache
cause-no-path-line = Gespräche wären stumm. Bitten Sie Ihre IT, Sprache durchzulassen.
cause-signed-out = Beendet, weil Sie sich abgemeldet haben
cause-busy = Besetzt
cause-no-answer = Keine Antwort
cause-not-found = Diese Nummer gibt es nicht
cause-refused = Der Anruf wurde abgewiesen
cause-security = Das Gespräch war nicht sicher und wurde beendet
cause-incompatible = Die beiden Telefone haben kein gemeinsames Tonformat
call-answered = Nach { $after } angenommen, { $length }, { $end }.
call-went = { $length } Gespräch, { $end }.
call-end-you = von Ihnen beendet
call-end-caller = vom Anrufer beendet
call-end-called = von der Gegenseite beendet
call-end-lost = dann abgerissen
call-end-signed-out = durch Ihre Abmeldung beendet
call-end-closed = abgebrochen, weil das Telefon geschlossen wurde
call-end-fault = durch einen Fehler beendet
call-poor = Der Ton war { $poor } lang schlecht.
call-poor-here = Der Ton war { $poor } lang schlecht: Ihr Netz.
call-poor-partly = Der Ton war { $poor } lang schlecht, davon { $here }: Ihr Netz.

## Calls

number-withheld = Nummer unterdrückt
call-show = Gespräch zeigen
incoming-call = Eingehender Anruf
incoming-campaign = Eingehender Anruf · Kampagne { $campaign }
answer = Annehmen
decline = Ablehnen
hang-up = Auflegen
answered-itself = Automatisch angenommen
answers-itself = Wird automatisch angenommen
ringing-on = Klingelt an { $device }
ringing-off = Der Klingelton ist aus
ring-mute = Klingeln ausschalten
ring-muted = Das Klingeln ist aus
second-call = Zweiter Anruf – Annehmen legt den jetzigen Anrufer auf Halten
call-calling = Wird angerufen…
call-ringing = Es klingelt…
call-connecting = Verbinden…
call-mute = Stumm
call-muted = Mikrofon ist stumm
call-muted-speech = Mikrofon ist stumm – drücken Sie M zum Sprechen
call-hold = Halten
call-resume = Fortsetzen
call-keypad = Tasten
call-add = Weiterer Anruf
call-held = Gehalten { $time } – die Gegenseite hört Sie nicht
call-still-held = Noch gehalten { $time }
call-held-by-peer = Die Gegenseite hält das Gespräch
call-interrupted = Ihr Gespräch wird neu verbunden… noch { $seconds } s. Bleiben Sie dran.
call-recovered = Sie sind wieder da. { $seconds } s gingen verloren.
one-way-in = Sie hören die Gegenseite nicht
one-way-in-line = Vom Server kommt nichts an.
one-way-out = Die Gegenseite hört Sie nicht
one-way-out-line = Pakete gehen ab, kommen aber nicht an.
one-way-repair = Reparieren
one-way-repairing = Der Ton wird repariert…
call-switch = Wechseln
digits-sent = Gesendete Ziffern
quality-good = Gut
quality-fair = Mäßig
quality-poor = Schlecht
quality-poor-here = Schlecht – Ihr Netz
quality-poor-here-line = Gehen Sie näher an Ihr WLAN oder nehmen Sie ein Kabel.
quality-unknown = Wird gemessen…
quality-label = Tonqualität:
on-hold-for = gehalten { $time }

## Read by screen readers alone

read-incoming = Eingehender Anruf von { $name }. Steuerung Eingabe zum Annehmen.
read-ring = Eingehender Anruf von { $name }.
read-ring-key = Eingehender Anruf von { $name }. { $key } zum Annehmen.
read-ended = Anruf beendet. { $cause }
read-minute = Eine Minute
read-asked = { $device } bittet um Ihr Telefon. Sie haben { $seconds } Sekunden für Ihre Antwort.

## History

history-filter = Anzeigen
history-filter-all = Alle
history-filter-out = Gewählt
history-missed = Verpasst
history-missed-calls = Verpasst
history-incoming = Eingehend
history-outgoing = Ausgehend
history-no-talk = Kein Gespräch
history-withheld-why = Der Anrufer hat seine Nummer unterdrückt; ein Rückruf ist nicht möglich.
history-masked = Ihre Organisation verbirgt einen Teil dieser Nummer; ein Rückruf ist nicht möglich.
history-none = Noch keine Anrufe.
history-none-missed = Keine verpassten Anrufe.
history-none-outgoing = Noch niemanden angerufen.
history-number = Nummer
history-kind = Anruf
history-when = Wann
history-length = Dauer
history-end = Ende
history-delete = Löschen
history-deleted = Anruf gelöscht
history-delete-all = Alle löschen
history-delete-all-title = Den ganzen Verlauf löschen?
history-delete-all-line = { $calls ->
    [one] Ein Anruf wird von diesem Computer gelöscht. Das lässt sich nicht rückgängig machen.
   *[other] { $calls } Anrufe werden von diesem Computer gelöscht. Das lässt sich nicht rückgängig machen.
  }
history-deleted-all = Verlauf gelöscht

## First run

headset-title = Wählen Sie Ihr Headset.
headset-why = Was Sie wählen, kommt zuerst, sobald es eingesteckt ist.
headset-used = Für Gespräche
headset-hello-why = Sprechen Sie drei Sekunden. Dann hören Sie, was Anrufer hören.
headset-hello = Hallo sagen
continue = Weiter
skip = Überspringen

## Sound

sound-check = Tonprobe
check-why = Sprechen Sie drei Sekunden und erfahren Sie, wie man Sie hört.
check-begin = Mikrofon prüfen
check-again = Erneut prüfen
check-speak = Sprechen Sie jetzt wie im Gespräch…
check-at = Geprüft um { $time }
check-in-call = Die Probe ist möglich, wenn Ihr Gespräch vorbei ist.
test-speaker = Lautsprecher testen
test-ringer = Klingel testen
test-stop = Test beenden
verdict-no-microphone = Kein Mikrofon gefunden. Ist Ihr Headset eingesteckt?
verdict-silent = Von Ihrem Headset ist nichts zu hören. Ist es am Schalter stumm?
verdict-clipped = Zu laut: Rücken Sie das Mikrofon vom Mund weg oder stellen Sie es in den Toneinstellungen leiser
verdict-very-quiet = Sehr leise: Stellen Sie das Mikrofon in den Toneinstellungen lauter
verdict-noisy = Laute Umgebung: Anrufer hören, was um Sie herum ist
verdict-built-in = Das Mikrofon Ihres Laptops ist in Gebrauch, nicht das Headset
verdict-bluetooth = Bluetooth-Freisprechen: Anrufer hören Sie dumpf. Ein Kabel oder der USB-Adapter des Headsets klingt besser
verdict-good = Klingt gut
role-microphone = Mikrofon
role-speaker = Lautsprecher
role-ringer = Klingel
speaker-level = Lautsprecherpegel
devices-looking = Geräte werden gesucht…
devices-lost = Die Geräte konnten nicht aufgelistet werden
devices-no-microphone = Kein Mikrofon gefunden. Stecken Sie ein Headset ein.
devices-no-speaker = Kein Lautsprecher gefunden. Stecken Sie ein Headset ein.
device-list = Geräte; benutzt wird das erste, das eingesteckt ist
device-automatic = Das vom System bevorzugte Gerät wird benutzt. Wählen Sie eines, um es hier zu bevorzugen.
device-automatic-locked = Das vom System bevorzugte Gerät wird benutzt.
device-now = { $device } wird jetzt benutzt.
device-recovered = { $device } geht wieder.
device-gone = { $device } wurde getrennt.
device-busy = { $device } wird von einem anderen Programm benutzt. Schließen Sie es oder wählen Sie ein anderes Gerät.
device-refused = { $device } ist vom System gesperrt. Erlauben Sie es in den Datenschutz-Einstellungen.
device-service = Der Tondienst dieses Computers läuft nicht.
device-stuck = { $device } antwortet nicht.
device-broken = { $device } geht nicht mehr.
device-in-use = In Gebrauch
device-away = Nicht eingesteckt
device-usual = Vom System bevorzugt
device-use = Bevorzugen
device-choose = { $name } bevorzugen
device-chosen = { $name } ist jetzt die erste Wahl
device-up = { $name } nach oben
device-moved = { $name } ist jetzt auf Platz { $place }
device-remove = { $name } aus Ihrer Auswahl nehmen
device-removed = { $name } ist nicht mehr in Ihrer Auswahl
volume-label = Klingellautstärke
volume-off = Aus
volume-percent = { $percent } %
processing-title = Sprachverarbeitung
processing-echo = Echounterdrückung
processing-echo-hint = Anrufer hören sich nicht selbst
processing-noise = Rauschunterdrückung
processing-noise-hint = Der Raum um Sie wird leiser
processing-gain = Automatischer Pegel
processing-gain-hint = Ihre Stimme ist immer gleich laut
processing-rumble = Trittschallfilter
processing-rumble-hint = Nimmt Brummen und Klopfen am Tisch weg
tones-title = Töne
tones-country = Land der Töne
tones-hint = So klingen Freizeichen und Besetztzeichen
tones-international = International

## Connection

back = Zurück
copy = Kopieren
reconnect = Neu verbinden
check-connection = Verbindung prüfen
check-phone = Telefon prüfen
checking = Wird geprüft…
server-answers = { $host } antwortet ({ $ms } ms)
proof-none = nicht bestätigt
proof-confirmed = Bestätigt vor { $age }
proof-ends = Endet in { $left }
proof-expires = Läuft ab in { $left }
proof-over = Die Zeit ist abgelaufen
proof-holder = { $name } an { $device }
proof-no-session = Keine Sitzung
proof-session-at-risk = Die Sitzung kann nicht bestätigt werden. Wir versuchen es weiter.
proof-session-lost = Die Sitzung ist verloren
proof-server-off = Nicht verbunden
proof-server-up = Verbunden seit { $time }
proof-heard = Antwort vor { $age }
proof-line-off = Nicht registriert
proof-line-registering = Wird registriert…
proof-line = { $extension } an { $server }
proof-queue-pending = Ozonetel braucht noch; die Anmeldung läuft
proof-queue-since = Seit { $time }
path-title = Sprachweg
path-looking = Der Weg des Tons wird gesucht …
path-direct = Direkt, ohne Relais
path-relay = Über ein Relais der Gegenseite
path-silent = Zurzeit kommt nichts an. Wir versuchen es weiter.
path-codec = Tonformat: { $codec }
path-round-trip = Hin und zurück: höchstens { $ms } ms
path-unchecked = Noch nicht geprüft
path-open = Sprache verlässt dieses Netz und kommt zurück
path-open-line = Das sagt ein STUN-Server. Dass Sie einander hören, beweist erst ein Gespräch.
path-blocked = Sprache bekommt in diesem Netz keine Antwort
path-blocked-line = Gespräche können stumm sein. Bitten Sie Ihre IT, UDP durchzulassen.
path-unasked = Das beweist erst ein Gespräch: Ihr Konto nennt keinen STUN-Server.
proof-microphone-open = Offen: Es hört Sie gerade
proof-microphone-unchecked = Eingesteckt, noch nicht geprüft
speaker-played = Was Sie gesagt haben, wurde hier abgespielt. Wenn Sie nichts gehört haben: lauter stellen oder einen anderen wählen.
proof-keyring = Schlüsselbund
proof-keyring-kept = Ihre Sitzung liegt im Schlüsselbund dieses Computers
proof-keyring-memory = Ihre Sitzung liegt nur im Arbeitsspeicher
proof-keyring-memory-line = Nach einem Neustart melden Sie sich neu an.

## More

as-system = Wie das System
account-title = Konto
account-extension = Nebenstelle
account-agent = Agent
account-campaign = Kampagne
account-device = Dieser Computer
account-fallback = Festes SIP-Konto
more-look = Sprache und Darstellung
theme-label = Darstellung
theme-light = Hell
theme-dark = Dunkel
more-calls = Anrufe
incoming-label = Eingehende Anrufe
incoming-popup = Pop-up
incoming-popup-hint = Ein kleines Fenster obenauf, das Ihnen die Tastatur lässt
incoming-flash = Blinken
incoming-flash-hint = Nur die Taskleiste meldet den Anruf
incoming-front = In den Vordergrund
incoming-front-hint = Dieses Fenster kommt nach vorn
auto-answer-label = Automatische Annahme
auto-answer-off = Aus
auto-answer-off-hint = Sie nehmen jeden Anruf selbst an
auto-answer-header = Auf Wunsch
auto-answer-header-hint = Anrufe, die darum bitten, werden angenommen
auto-answer-always = Immer
auto-answer-always-hint = Jeder Anruf wird angenommen, solange kein anderer läuft
auto-answer-tone = Ton vor der Annahme
auto-answer-tone-hint = Sie hören ihn, bevor der Anrufer Sie hört
max-calls-label = Anrufe gleichzeitig
max-calls-hint = { $calls ->
    [one] Wer während eines Gesprächs anruft, hört „besetzt“
   *[other] Mit einem sprechen Sie, die anderen werden gehalten
  }
shortcuts-title = Tasten in anderen Programmen
shortcuts-note = Sie wirken, während Sie in einem anderen Programm arbeiten. Aus, bis Sie sie festlegen.
shortcuts-unavailable = Diese Arbeitsumgebung gibt Programmen im Hintergrund keine Tasten.
shortcut-answer = Annehmen
shortcut-hang-up = Auflegen oder ablehnen
shortcut-mute = Stumm
shortcut-double = Das sind schon die Tasten für „{ $label }“.
shortcut-taken = Ein anderes Programm benutzt diese Tasten. Wählen Sie andere.
shortcut-unknown = Diese Tasten gehen hier nicht. Wählen Sie andere.
keys-off = Aus
keys-listening = Tasten drücken…
keys-press = Drücken Sie die Tasten. Escape lässt alles, wie es ist.
keys-unfit = Wählen Sie eine F-Taste, allein oder mit Strg, Alt oder Umschalt.
keys-clear = Tasten für { $label } ausschalten
more-start = Starten und Schließen
autostart-label = Mit dem Computer starten
start-minimised-label = Ohne Fenster starten
quit-on-close-label = Beim Schließen des Fensters beenden
quit-on-close-hint = Mit dem Fenster melden Sie sich ab
stay-on-close-hint = Nach dem Schließen klingelt das Telefon weiter
more-pages = Telefon
sign-out-title = Sie sind im Gespräch. Auflegen und abmelden?
sign-out-line = Die Abmeldung beendet das Gespräch und gibt Ihr Telefon frei.
sign-out-and-hang-up = Auflegen und abmelden
sign-out-unsaved-title = Abmelden, bevor alles gespeichert ist?
unsaved-line = { $outcomes ->
    [one] Ein Ergebnis ist noch nicht gespeichert. Es ginge verloren.
   *[other] { $outcomes } Ergebnisse sind noch nicht gespeichert. Sie gingen verloren.
  }
stay = Bleiben

## About

about-computer = System
about-system = Betriebssystem
support-title = Support
support-file = Support-Datei
support-note = Versionen, Einstellungen, Zustand und die letzten Meldungen dieses Telefons als Textdatei. Sie enthält kein Passwort und keine Rufnummer. Geben Sie sie dem, der Ihnen hilft.
support-save = Support-Datei speichern
support-saved = Gespeichert:
about-licences = Lizenzen
about-licences-note = Freie Software, unter einer der beiden Lizenzen nach Ihrer Wahl.
about-licence = { $name }-Lizenz

## Questions

quit-title = Sie sind im Gespräch. Auflegen und beenden?
quit-unsaved-title = Beenden, bevor alles gespeichert ist?
quit-line = Das Beenden legt auf und meldet Sie ab.
quit-and-hang-up = Auflegen und beenden
quit = Beenden
link-title = Diese Nummer anrufen?
link-line = Ein Link in einem anderen Programm wünscht diesen Anruf.
link-holds = Ihr jetziges Gespräch wird gehalten.
link-refuse = Nicht anrufen
