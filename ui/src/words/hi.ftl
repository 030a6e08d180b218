## State of the phone

state-label = स्थिति:
state-ready = तैयार
state-ringing = घंटी बज रही है
state-on-a-call = कॉल पर
state-on-hold = होल्ड पर
state-wrap-up = कॉल के बाद का काम
state-paused = विराम पर
state-paused-for = विराम – { $reason }
state-unset = बताएँ कि आप कब तैयार हैं
state-no-queue = तैयार नहीं – कतार
state-no-microphone = तैयार नहीं – माइक
state-no-line = तैयार नहीं – लाइन
state-connecting = कनेक्ट हो रहा है…
state-reconnecting = फिर कनेक्ट हो रहा है…
state-signed-out = साइन आउट

## Lights: each is read with what it proves

light-connected = कनेक्टेड
light-session = सेशन
light-server = सर्वर
light-line = लाइन
light-queue = कतार
proof-proven = पुष्ट
proof-working = जारी है
proof-fault = ख़राबी

## Frame

menu-label = मेन्यू
mini-open = छोटी विंडो
mini-close = बड़ी विंडो
tabs-label = पेज
notices-label = सूचनाएँ
tab-keypad = कीपैड
tab-call = कॉल
history-title = हिस्ट्री
history-local = { $days ->
    [0] कॉल सहेजी नहीं जातीं।
    [one] केवल इस कंप्यूटर पर, { $days } दिन तक।
   *[other] केवल इस कंप्यूटर पर, { $days } दिनों तक।
  }
sound-title = आवाज़
connection-title = कनेक्शन
more-title = और
about-title = परिचय
sound-none = माइक नहीं है
sound-level = माइक का स्तर
close = बंद करें
put-away = हटाएँ
cancel = रद्द करें
copy-support = सपोर्ट के लिए कॉपी करें
copy-it = IT के लिए कॉपी करें
copy-proof = सबूत कॉपी करें
copied = कॉपी हो गया
sign-out = साइन आउट
try-again = फिर कोशिश करें
try-now = अभी कोशिश करें
change = बदलें
test = जाँचें

## Sign in

sign-in-title = अपने फ़ोन में साइन इन करें
sign-in-server-hint = वह पता जो आपके एडमिन ने दिया है
server-locked = आपके संगठन ने तय किया है
server-given = इस प्रोग्राम को शुरू करते समय तय किया गया
sign-in-email = ईमेल या यूज़र
sign-in-password = पासवर्ड
password-show = पासवर्ड दिखाएँ
password-hide = पासवर्ड छिपाएँ
caps-lock = Caps Lock चालू है
sign-in = साइन इन
signing-in = साइन इन हो रहा है…
sign-in-again = यहाँ साइन इन करें
sign-in-another = दूसरा अकाउंट इस्तेमाल करें
language-label = भाषा
version = वर्ज़न { $version }
signed-out-free = साइन आउट हो गया। आपका फ़ोन अब ख़ाली है।
signed-out-unconfirmed = यहाँ साइन आउट हो गया। सर्वर ने इसकी पुष्टि नहीं की: दूसरे डिवाइसों को आपका फ़ोन { $minutes } मि॰ तक व्यस्त दिख सकता है।
email-missing = अपना ईमेल या यूज़र नाम लिखें
password-missing = अपना पासवर्ड लिखें
server-invalid = यह पता काम नहीं करेगा। इसे https:// से शुरू होना चाहिए
server-not-allowed = आपका संगठन केवल दूसरे सर्वरों की अनुमति देता है। पता अपने व्यवस्थापक से पूछें।
server-missing = अपने सर्वर का पता लिखें
steps-label = चरण
step-done = हो गया
step-waiting = बाक़ी है
signing-out = साइन आउट हो रहा है…
restoring = आपका सेशन ढूँढा जा रहा है…
resuming = फिर से स्वागत है, { $name }
resuming-line = आपके सेशन की पुष्टि हो रही है…
resuming-trouble = आपका सेशन सुरक्षित है। हम कोशिश जारी रखेंगे।

## Your phone is in use

held-title = आपका फ़ोन इस्तेमाल में है
held-where = आप { $device } पर साइन इन हैं।
held-since = आप { $time } से { $device } पर साइन इन हैं।
held-device = { $name } ({ $system })
held-in-call = उस पर कॉल चल रही है।
held-unknown = आपका एक्सटेंशन किसी दूसरे सेशन के पास है। पहले वहाँ साइन आउट करें या अपने एडमिन से पूछें। यह ज़्यादा से ज़्यादा 60 मिनट में अपने आप ख़ाली हो जाएगा।
held-move = यहाँ ले आएँ
held-password = यहाँ लाने के लिए पासवर्ड फिर से लिखें
held-ask = यहाँ लाने के लिए पूछें
held-force = आप इसे फिर भी यहाँ ला सकते हैं। वहाँ चल रही कॉल अपने अंत तक चलेगी।
another-device = दूसरा डिवाइस
asking-sending = { $device } से पूछा जा रहा है…
asking-waiting = { $device } का इंतज़ार… { $seconds } से॰
asking-after-call = यह चल रही कॉल के बाद यहाँ आएगा। इस विंडो को खुला रखें।
not-moved-refused = { $device } ने मना कर दिया।
not-moved-unanswered = { $device } जवाब नहीं दे रहा है।
not-moved-superseded = इसके बाद किसी दूसरे डिवाइस ने आपका फ़ोन माँगा।
not-moved-lapsed = अनुरोध समाप्त हो गया। आप फिर से पूछ सकते हैं।

## No phone

no-phone-title = इस अकाउंट में फ़ोन नहीं है
no-phone-ask = एजेंट रिकॉर्ड (एक्सटेंशन और कैंपेन) बनवाने को कहें।
no-phone-role = आप साइन इन हैं। इस भूमिका में फ़ोन नहीं है।

## The session ended

ended-moved = आपका फ़ोन दूसरी जगह चला गया
ended-moved-line = आपका फ़ोन { $time } पर { $device } पर चला गया।
ended-released = आपका फ़ोन दूसरी जगह गया या छोड़ दिया गया
ended-at = { $time } पर
ended-expired = आपका सेशन ख़त्म हो गया
ended-expired-line = समय पर पुष्टि नहीं हो सकी; यह { $time } पर ख़त्म हुआ।
ended-token = कृपया फिर से साइन इन करें
ended-token-line = आपका साइन इन { $time } पर ख़त्म हुआ।
ended-account = आपका फ़ोन अकाउंट बदल गया है
ended-account-line = आपका सेशन { $time } पर ख़त्म हुआ। नए अकाउंट के लिए फिर से साइन इन करें।

## What went wrong

fault-offline = नेटवर्क नहीं है
fault-offline-line = यह कंप्यूटर ऑफ़लाइन है। कनेक्शन अपने आप वापस जुड़ जाएगा।
fault-offline-try = यह कंप्यूटर ऑफ़लाइन है। इसे नेटवर्क से जोड़ें, फिर कोशिश करें।
fault-address = सर्वर का पता काम नहीं करता
fault-dns = सर्वर नहीं मिल रहा
fault-dns-line = इस नेटवर्क पर { $host } का पता नहीं है। शायद VPN की ज़रूरत हो।
fault-tcp = सर्वर तक पहुँच नहीं हो रही
fault-tcp-line = शायद फ़ायरवॉल रोक रहा है या VPN की ज़रूरत है।
fault-proxy-sign-in = कंपनी का प्रॉक्सी साइन इन माँगता है
fault-proxy = कंपनी का प्रॉक्सी आगे नहीं जाने देता
fault-proxy-line = कॉल का सिग्नल पार नहीं हो सकता।
fault-proxy-refused = { $proxy } ने साइन इन मना कर दिया।
fault-proxy-port = प्रॉक्सी पोर्ट { $port } की अनुमति नहीं देता
fault-proxy-server = उससे होकर सर्वर तक नहीं पहुँचा जा सकता।
fault-tls = सर्वर के सर्टिफ़िकेट पर भरोसा नहीं है
fault-tls-line = शायद आपकी कंपनी को इसे इंस्टॉल करना होगा।
fault-tls-time = सर्वर का सर्टिफ़िकेट अभी मान्य नहीं है
fault-tls-time-line = उसकी अवधि ख़त्म हो चुकी है, या इस कंप्यूटर की घड़ी ग़लत है।
fault-tls-issued = { $issuer } ने जारी किया। शायद आपकी कंपनी को इसे इंस्टॉल करना होगा।
fault-tls-expired = सर्टिफ़िकेट की अवधि { $day } को ख़त्म हुई
fault-tls-early = सर्टिफ़िकेट { $day } से पहले मान्य नहीं है
fault-tls-clock = या इस कंप्यूटर की घड़ी ग़लत है।
fault-tls-name = सर्वर का सर्टिफ़िकेट किसी दूसरे नाम का है
fault-tls-names = वह { $names } का है।
fault-tls-revoked = सर्वर का सर्टिफ़िकेट रद्द कर दिया गया है
clock-off = इस कंप्यूटर की घड़ी में { $time } का फ़र्क़ है।
open-clock = घड़ी की सेटिंग्स खोलें
open-settings = सेटिंग्स खोलें
fault-tls-other = सर्वर से सुरक्षित कनेक्शन नहीं हो सका
fault-http = सर्वर का जवाब समझ में नहीं आया
fault-http-line = शायद { $host } पर कुछ और जवाब दे रहा है। अगर यह मेहमानों का नेटवर्क है, तो उसका साइन इन पेज ब्राउज़र में खोलें।
fault-refused = फ़ोन सर्वर ने कनेक्शन मना कर दिया
fault-timeout = सर्वर जवाब नहीं दे रहा
fault-timeout-line = शायद नेटवर्क धीमा है। फिर कोशिश करें।
fault-credentials = यूज़र या पासवर्ड ग़लत है
fault-request = सर्वर ने यह साइन इन नहीं माना
fault-second-factor = आपका अकाउंट दूसरा फ़ैक्टर माँगता है
fault-second-factor-line = यह फ़ोन उसका कोड नहीं पूछ सकता। आपके एडमिन मदद कर सकते हैं।
fault-not-verified = आपका ईमेल पता सत्यापित नहीं है
fault-not-verified-line = आपको भेजे गए संदेश का लिंक खोलें, फिर दोबारा साइन इन करें।
fault-tries = बहुत ज़्यादा कोशिशें
fault-tries-wait = { $seconds } से॰ रुकें।
fault-tries-later = थोड़ा रुकें।
fault-tries-over = अब आप फिर कोशिश कर सकते हैं।
fault-server = सर्वर में दिक़्क़त है
fault-server-line = ग़लती आपकी नहीं है। थोड़ी देर में फिर कोशिश करें।
fault-account = आपका फ़ोन ठीक से सेट नहीं है
fault-account-line = अपने एडमिन से एजेंट रिकॉर्ड जाँचने को कहें।
fault-extension-refused = फ़ोन सर्वर ने एक्सटेंशन { $extension } मना कर दिया
fault-extension-refused-line = अपने एडमिन से SIP पासवर्ड जाँचने को कहें।
fault-extension-unknown = यह एक्सटेंशन मौजूद नहीं है
fault-line-silent = फ़ोन सर्वर जवाब नहीं दे रहा
fault-line-full = पुराने साइन इन अब भी खुले हैं
fault-line-full-line = वे अपने आप ख़त्म हो जाएँगे।
fault-line = फ़ोन सर्वर ने आपका एक्सटेंशन नहीं माना
fault-queue = Ozonetel ने आपको साइन इन नहीं किया
full-stop = ।
retry-in = { $seconds } से॰ में फिर कोशिश होगी।
retry-now = फिर कोशिश हो रही है…

## दूसरा डिवाइस यह फ़ोन माँग रहा है

move-label = दूसरे डिवाइस का अनुरोध
move-asks = फ़ोन को { $device } पर ले जाएँ?
move-asks-idle = अभी पूछा जा रहा है ({ $seconds })। जवाब न मिलने पर फ़ोन वहाँ चला जाएगा।
move-asks-call = अभी पूछा जा रहा है ({ $seconds })। जवाब न मिलने पर फ़ोन इस कॉल के बाद जाएगा।
move-later = इस कॉल के बाद आपका फ़ोन { $device } पर चला जाएगा।
move-silent = जवाब नहीं मिला: यह कॉल ख़त्म होते ही आपका फ़ोन { $device } पर चला जाएगा।
move-moving = आपका फ़ोन { $device } पर जा रहा है…
move-now = अभी ले जाएँ
move-stay = नहीं, यहीं रखें

## Notices

notice-at-risk = आपके सेशन की पुष्टि नहीं हो पा रही; यह { $minutes ->
    [one] { $minutes } मिनट
   *[other] { $minutes } मिनट
  } में ख़त्म होगा। हम कोशिश जारी रखेंगे।
notice-lost = आपका सेशन चला गया। यह कॉल चलती रहेगी; इसके बाद फिर साइन इन करें।
notice-moved = आपका फ़ोन { $device } पर चला गया। यह कॉल चलती रहेगी; इसके बाद आप साइन आउट हो जाएँगे।
notice-moved-here = यहाँ आ गया। { $device } साइन आउट हो गया है।
notice-vault-memory = आपका सेशन सिर्फ़ मेमोरी में है। क्रैश होने पर फिर साइन इन करना होगा।
notice-turned-away = { $number } के कॉल को बताया गया कि आप व्यस्त हैं
notice-change-failed = दूसरी तरफ़ ने बदलाव नहीं माना।
notice-media-failed = इस कॉल की आवाज़ में दिक़्क़त है
notice-queue-silent = Ozonetel जवाब नहीं दे रहा है।
notice-refused = Ozonetel ने मना किया: { $state }
notice-outcome-refused = Ozonetel ने यह परिणाम नहीं लिया: { $outcome }
notice-unset = आपके तैयार होने पर कतार की कॉल आएँगी।
notice-unsaved = परिणाम सहेजा नहीं जा सका। हम उसे रखते हैं और फिर कोशिश करते हैं।
notice-outcome-lost = हो सकता है कि परिणाम सहेजा न गया हो: { $outcome }
notice-time-up = समय पूरा हुआ।
notice-time-up-ready = समय पूरा हुआ। आप तैयार हैं।
refused-no-outcome = पहले परिणाम चुनें।
refused-not-registered = आपकी लाइन तैयार नहीं है। कॉल नहीं हो सकती।
refused-lease-lost = आपका सेशन चला गया। कॉल करने के लिए फिर साइन इन करें।
refused-too-many-calls = इससे ज़्यादा कॉल की अनुमति नहीं है।
refused-target = इस नंबर पर कॉल नहीं हो सकती।
refused-not-allowed = आपका संगठन इस नंबर पर कॉल की अनुमति नहीं देता।
refused-state = अभी यह नहीं हो सकता।
refused-check-runs = आवाज़ की जाँच चल रही है। उसके पूरा होने तक रुकें।
refused-too-fast = एक साथ बहुत ज़्यादा हो गया। थोड़ी देर में फिर कोशिश करें।
refused-request = यह अनुरोध समाप्त हो चुका है।
refused-failed = यह नहीं हो सका। कंप्यूटर का संदेश: { $words }
notice-computer = कंप्यूटर का संदेश:

## Lengths of time

span-hours = { $hours } घं॰ { $minutes } मि॰
span-minutes = { $minutes } मि॰ { $seconds } से॰
span-seconds = { $seconds } से॰
span-of = { $whole } में से { $time }

## Ready

home-extension = एक्सटेंशन { $extension }
home-campaign = कैंपेन { $campaign }
dial-label = नाम या नंबर
dial = कॉल करें
dial-recent = आपकी हिस्ट्री से
number-short = यह नंबर बहुत छोटा है।
number-dialled = { $number } (यही डायल होगा)
keypad-show = कीपैड दिखाएँ
keypad-hide = कीपैड छिपाएँ
erase = मिटाएँ
last-call = पिछली कॉल
call-back = कॉल बैक
no-calls = आज अभी तक कोई कॉल नहीं।

## Queue

go-ready = तैयार हो जाएँ
pause = विराम
pause-search = कारण खोजें
pause-none = ऐसा कोई कारण नहीं है।
after-call = इस कॉल के बाद
after-wrap-up = कॉल के बाद के काम के बाद
next = फिर: { $state }
next-cancel = फिर: { $state }। रद्द करें
queue-ordering = बदला जा रहा है: { $state }
wrap-up-show = कॉल के बाद के काम पर लौटें
wrap-up-left = बचा समय:
wrap-up-done = हो गया – { $state }
wrap-up-done-pause = हो गया – विराम
wrap-up-more = और समय
outcome-label = परिणाम
outcome-note = टिप्पणी
outcome-saving = सहेजा जा रहा है…
outcome-refused = Ozonetel ने इसे नहीं लिया: { $words }। दूसरा परिणाम चुनें।

## How calls ended

cause-cut = इस कॉल के दौरान फ़ोन बंद हो गया
cause-local = आपने कॉल काटी
cause-caller = कॉलर ने कॉल काटी
cause-remote = सामने वाले ने कॉल काटी
cause-declined = अस्वीकार की गई
cause-missed = मिस्ड कॉल
cause-elsewhere = दूसरे डिवाइस पर उठाई गई
cause-timeout = समय पर नहीं उठाई गई
cause-lost = कॉल टूट गई।
cause-no-path = आपका नेटवर्क आवाज़ रोक रहा है
cause-no-path-line = कॉल में आवाज़ नहीं आएगी। अपनी IT टीम से आवाज़ जाने देने को कहें।
cause-signed-out = साइन आउट करने से कॉल ख़त्म हुई
cause-busy = व्यस्त
cause-no-answer = कोई जवाब नहीं
cause-not-found = यह नंबर मौजूद नहीं है
cause-refused = कॉल मना कर दी गई
cause-security = कॉल सुरक्षित नहीं थी, इसलिए ख़त्म की गई
cause-incompatible = दोनों फ़ोन में आवाज़ का कोई साझा फ़ॉर्मैट नहीं है
call-answered = { $after } बाद उठाई गई, { $length }, { $end }।
call-went = { $length } बात हुई, { $end }।
call-end-you = आपने काटी
call-end-caller = कॉलर ने काटी
call-end-called = सामने वाले ने काटी
call-end-lost = फिर टूट गई
call-end-signed-out = आपके साइन आउट करने से ख़त्म हुई
call-end-closed = फ़ोन बंद होने से कट गई
call-end-fault = गड़बड़ी से ख़त्म हुई
call-poor = आवाज़ { $poor } तक ख़राब थी।
call-poor-here = आवाज़ { $poor } तक ख़राब थी: आपका नेटवर्क।
call-poor-partly = आवाज़ { $poor } तक ख़राब थी, उसमें { $here }: आपका नेटवर्क।

## Calls

number-withheld = नंबर छिपाया गया
call-show = कॉल दिखाएँ
incoming-call = इनकमिंग कॉल
incoming-campaign = इनकमिंग कॉल · { $campaign } कैंपेन
answer = उठाएँ
decline = अस्वीकार
hang-up = कॉल काटें
answered-itself = अपने आप उठाई गई
answers-itself = अपने आप उठाई जाएगी
ringing-on = { $device } पर घंटी बज रही है
ringing-off = घंटी बंद है
ring-mute = घंटी बंद करें
ring-muted = घंटी म्यूट है
second-call = दूसरी कॉल – उठाने पर मौजूदा कॉलर होल्ड पर जाएगा
call-calling = कॉल हो रही है…
call-ringing = घंटी जा रही है…
call-connecting = कनेक्ट हो रहा है…
call-mute = म्यूट
call-muted = आप म्यूट हैं
call-muted-speech = आप म्यूट हैं – बोलने के लिए M दबाएँ
call-hold = होल्ड
call-resume = वापस लें
call-keypad = कीपैड
call-add = कॉल जोड़ें
call-held = होल्ड पर { $time } – वे आपको नहीं सुन सकते
call-still-held = अब भी होल्ड पर { $time }
call-held-by-peer = उन्होंने आपको होल्ड पर रखा है
call-interrupted = आपकी कॉल फिर जुड़ रही है… { $seconds } से॰ बाक़ी। लाइन पर रहें।
call-recovered = आप वापस जुड़ गए। { $seconds } से॰ की आवाज़ छूट गई।
one-way-in = आप उन्हें नहीं सुन सकते
one-way-in-line = सर्वर से कुछ नहीं पहुँच रहा।
one-way-out = वे आपको नहीं सुन सकते
one-way-out-line = पैकेट जा रहे हैं, पर पहुँच नहीं रहे।
one-way-repair = ठीक करें
one-way-repairing = आवाज़ ठीक की जा रही है…
call-switch = बदलें
digits-sent = भेजे गए अंक
quality-good = अच्छी
quality-fair = ठीक-ठाक
quality-poor = ख़राब
quality-poor-here = ख़राब – आपका नेटवर्क
quality-poor-here-line = अपने वाई-फ़ाई के पास जाएँ या केबल लगाएँ।
quality-unknown = मापा जा रहा है…
quality-label = आवाज़ की गुणवत्ता:
on-hold-for = होल्ड पर { $time }

## Read by screen readers alone

read-incoming = { $name } की इनकमिंग कॉल। उठाने के लिए Control Enter दबाएँ।
read-ring = { $name } की इनकमिंग कॉल।
read-ring-key = { $name } की इनकमिंग कॉल। उठाने के लिए { $key } दबाएँ।
read-ended = कॉल ख़त्म हुई। { $cause }
read-minute = एक मिनट
read-asked = { $device } आपका फ़ोन माँग रहा है। जवाब देने के लिए { $seconds } सेकंड हैं।

## History

history-filter = दिखाएँ
history-filter-all = सभी
history-filter-out = आउटगोइंग
history-missed = मिस्ड
history-missed-calls = मिस्ड
history-incoming = इनकमिंग
history-outgoing = आउटगोइंग
history-no-talk = बात नहीं हुई
history-withheld-why = कॉलर ने नंबर छिपाया है, इसलिए कॉल बैक नहीं हो सकती।
history-masked = आपका संगठन इस नंबर का कुछ हिस्सा छिपाता है, इसलिए कॉल बैक नहीं हो सकती।
history-none = अभी तक कोई कॉल नहीं।
history-none-missed = कोई मिस्ड कॉल नहीं।
history-none-outgoing = अभी तक कोई कॉल नहीं की।
history-number = नंबर
history-kind = कॉल
history-when = कब
history-length = अवधि
history-end = कैसे ख़त्म हुई
history-delete = मिटाएँ
history-deleted = कॉल मिटाई गई
history-delete-all = सब मिटाएँ
history-delete-all-title = पूरी हिस्ट्री मिटाएँ?
history-delete-all-line = { $calls ->
    [one] इस कंप्यूटर से { $calls } कॉल मिटाई जाएगी। यह वापस नहीं आएगी।
   *[other] इस कंप्यूटर से { $calls } कॉल मिटाई जाएँगी। ये वापस नहीं आएँगी।
  }
history-deleted-all = हिस्ट्री मिटाई गई

## First run

headset-title = अपना हेडसेट चुनें।
headset-why = आप जो चुनेंगे, लगा होने पर हमेशा वही पहले इस्तेमाल होगा।
headset-used = कॉल के लिए
headset-hello-why = तीन सेकंड बोलें, फिर आपको वही सुनाई देगा जो कॉलर सुनते हैं।
headset-hello = हैलो बोलें
continue = आगे बढ़ें
skip = छोड़ें

## Sound

sound-check = आवाज़ की जाँच
check-why = तीन सेकंड बोलें और जानें कि कॉलर को आपकी आवाज़ कैसी सुनाई देती है।
check-begin = माइक जाँचें
check-again = फिर जाँचें
check-speak = अब बोलें, जैसे कॉल पर बोलते हैं…
check-at = { $time } पर जाँचा गया
check-in-call = कॉल ख़त्म होने पर जाँच हो सकेगी।
test-speaker = स्पीकर जाँचें
test-ringer = घंटी जाँचें
test-stop = जाँच रोकें
verdict-no-microphone = कोई माइक नहीं मिला। क्या आपका हेडसेट लगा है?
verdict-silent = आपके हेडसेट से कुछ सुनाई नहीं दे रहा। क्या उसका म्यूट स्विच चालू है?
verdict-clipped = बहुत तेज़: माइक को मुँह से दूर करें या आवाज़ की सेटिंग में कम करें
verdict-very-quiet = बहुत धीमी: आवाज़ की सेटिंग में माइक बढ़ाएँ
verdict-noisy = शोर है: कॉलर को आपके आसपास की आवाज़ें सुनाई देंगी
verdict-built-in = हेडसेट नहीं, आपके लैपटॉप का माइक इस्तेमाल हो रहा है
verdict-bluetooth = ब्लूटूथ हैंड्स-फ़्री: कॉलर को आवाज़ दबी हुई सुनाई देगी। केबल या हेडसेट का अपना USB अडैप्टर बेहतर रहेगा
verdict-good = आवाज़ अच्छी है
role-microphone = माइक
role-speaker = स्पीकर
role-ringer = घंटी
speaker-level = स्पीकर का स्तर
devices-looking = डिवाइस ढूँढे जा रहे हैं…
devices-lost = डिवाइस की सूची नहीं मिल सकी
devices-no-microphone = कोई माइक नहीं मिला। हेडसेट लगाएँ।
devices-no-speaker = कोई स्पीकर नहीं मिला। हेडसेट लगाएँ।
device-list = डिवाइस; जो पहला लगा हो, वही इस्तेमाल होता है
device-automatic = सिस्टम का पसंदीदा डिवाइस इस्तेमाल होता है। यहाँ अपनी पसंद का चुन सकते हैं।
device-automatic-locked = सिस्टम का पसंदीदा डिवाइस इस्तेमाल होता है।
device-now = अब { $device } काम में है।
device-recovered = { $device } फिर से काम कर रहा है।
device-gone = { $device } हट गया।
device-busy = { $device } किसी और प्रोग्राम के काम में है। उसे बंद करें या दूसरा डिवाइस चुनें।
device-refused = सिस्टम ने { $device } को रोका है। गोपनीयता सेटिंग्स में अनुमति दें।
device-service = इस कंप्यूटर की ध्वनि सेवा नहीं चल रही है।
device-stuck = { $device } जवाब नहीं दे रहा।
device-broken = { $device } ने काम करना बंद कर दिया।
device-in-use = इस्तेमाल में
device-away = लगा नहीं है
device-usual = सिस्टम की पसंद
device-use = चुनें
device-choose = { $name } चुनें
device-chosen = { $name } अब पहली पसंद है
device-up = { $name } को ऊपर करें
device-moved = { $name } अब { $place } नंबर पर है
device-remove = { $name } को अपनी पसंद से हटाएँ
device-removed = { $name } आपकी पसंद से हटाया गया
volume-label = घंटी की आवाज़
volume-off = बंद
volume-percent = { $percent } %
processing-title = आवाज़ की प्रोसेसिंग
processing-echo = इको हटाना
processing-echo-hint = कॉलर को अपनी ही आवाज़ नहीं सुनाई देती
processing-noise = शोर कम करना
processing-noise-hint = आपके आसपास का शोर कम हो जाता है
processing-gain = अपने आप स्तर
processing-gain-hint = आपकी आवाज़ हमेशा एक जैसी रहती है
processing-rumble = गूँज फ़िल्टर
processing-rumble-hint = भनभनाहट और मेज़ की ठक-ठक हटाता है
tones-title = टोन
tones-country = टोन का देश
tones-hint = रिंग और व्यस्त टोन कैसी सुनाई देगी
tones-international = अंतरराष्ट्रीय

## Connection

back = पीछे
copy = कॉपी करें
reconnect = फिर कनेक्ट करें
check-connection = मेरा कनेक्शन जाँचें
check-phone = मेरा फ़ोन जाँचें
checking = जाँच हो रही है…
server-answers = { $host } जवाब दे रहा है ({ $ms } मि.से.)
proof-none = पुष्ट नहीं
proof-confirmed = { $age } पहले पुष्टि हुई
proof-ends = { $left } में ख़त्म होगा
proof-expires = { $left } में समय पूरा होगा
proof-over = इसका समय पूरा हो गया
proof-holder = { $device } पर { $name }
proof-no-session = कोई सेशन नहीं
proof-session-at-risk = सेशन की पुष्टि नहीं हो पा रही। हम कोशिश जारी रखेंगे।
proof-session-lost = सेशन चला गया
proof-server-off = कनेक्ट नहीं है
proof-server-up = { $time } से कनेक्टेड
proof-heard = { $age } पहले जवाब मिला
proof-line-off = रजिस्टर नहीं है
proof-line-registering = रजिस्टर हो रहा है…
proof-line = { $server } पर { $extension }
proof-queue-pending = Ozonetel समय ले रहा है; साइन इन जारी है
proof-queue-since = { $time } से
path-title = आवाज़ का रास्ता
path-looking = आवाज़ का रास्ता ढूँढा जा रहा है…
path-direct = सीधा, बिना रिले के
path-relay = दूसरी ओर के रिले से होकर
path-silent = अभी कुछ नहीं पहुँच रहा। हम कोशिश कर रहे हैं।
path-codec = आवाज़ का फ़ॉर्मैट: { $codec }
path-round-trip = आना-जाना: अधिकतम { $ms } मि.से.
path-unchecked = अभी जाँचा नहीं गया
path-open = आवाज़ इस नेटवर्क से बाहर जाती है और लौटती है
path-open-line = ऐसा STUN सर्वर बताता है। दोनों एक-दूसरे को सुनते हैं, यह कॉल से ही साबित होता है।
path-blocked = इस नेटवर्क में आवाज़ को जवाब नहीं मिलता
path-blocked-line = कॉल में आवाज़ न आए, ऐसा हो सकता है। अपनी IT टीम से UDP जाने देने को कहें।
path-unasked = यह कॉल से ही साबित होगा: आपके खाते में कोई STUN सर्वर नहीं है।
proof-microphone-open = चालू है: अभी आपको सुन रहा है
proof-microphone-unchecked = लगा है, अभी जाँचा नहीं गया
speaker-played = आपने जो कहा, वह यहाँ चलाया गया। कुछ न सुना हो तो आवाज़ बढ़ाएँ या दूसरा चुनें।
proof-keyring = कीरिंग
proof-keyring-kept = आपका सेशन इस कंप्यूटर की कीरिंग में सुरक्षित है
proof-keyring-memory = आपका सेशन सिर्फ़ मेमोरी में है
proof-keyring-memory-line = रीस्टार्ट के बाद फिर साइन इन करना होगा।

## More

as-system = सिस्टम जैसा
account-title = अकाउंट
account-extension = एक्सटेंशन
account-agent = एजेंट
account-campaign = कैंपेन
account-device = यह कंप्यूटर
account-fallback = तय SIP अकाउंट
more-look = भाषा और रूप
theme-label = रूप
theme-light = हल्का
theme-dark = गहरा
more-calls = कॉल
incoming-label = इनकमिंग कॉल
incoming-popup = पॉप-अप
incoming-popup-hint = ऊपर एक छोटी विंडो, जो आपकी टाइपिंग नहीं रोकती
incoming-flash = फ़्लैश
incoming-flash-hint = सिर्फ़ टास्कबार बताता है
incoming-front = सामने लाएँ
incoming-front-hint = यह विंडो सबसे आगे आती है
auto-answer-label = अपने आप उठाना
auto-answer-off = बंद
auto-answer-off-hint = हर कॉल आप ख़ुद उठाते हैं
auto-answer-header = कहने पर
auto-answer-header-hint = जो कॉल ऐसा माँगे, वही अपने आप उठती है
auto-answer-always = हमेशा
auto-answer-always-hint = दूसरी कॉल न हो तो हर कॉल अपने आप उठती है
auto-answer-tone = उठाने से पहले टोन
auto-answer-tone-hint = कॉलर के सुनने से पहले आपको सुनाई देती है
max-calls-label = एक साथ कॉल
max-calls-hint = { $calls ->
    [one] कॉल के दौरान दूसरे कॉलर को व्यस्त सुनाई देता है
   *[other] एक पर बात, बाक़ी होल्ड पर
  }
shortcuts-title = दूसरे प्रोग्राम में कुंजियाँ
shortcuts-note = ये तब भी काम करती हैं जब आप दूसरे प्रोग्राम में हों। सेट करने तक बंद।
shortcuts-unavailable = यह डेस्कटॉप पीछे चल रहे प्रोग्राम को कुंजियाँ नहीं देता।
shortcut-answer = कॉल उठाएँ
shortcut-hang-up = काटें या अस्वीकार करें
shortcut-mute = म्यूट
shortcut-double = ये कुंजियाँ पहले से “{ $label }” की हैं।
shortcut-taken = ये कुंजियाँ दूसरा प्रोग्राम इस्तेमाल करता है। दूसरी चुनें।
shortcut-unknown = ये कुंजियाँ यहाँ काम नहीं करतीं। दूसरी चुनें।
keys-off = बंद
keys-listening = कुंजी दबाएँ…
keys-press = कुंजियाँ दबाएँ। Escape से कुछ नहीं बदलेगा।
keys-unfit = कोई F कुंजी चुनें, अकेली या Ctrl, Alt या Shift के साथ।
keys-clear = { $label } की कुंजियाँ बंद करें
more-start = शुरू और बंद
autostart-label = कंप्यूटर के साथ शुरू हो
start-minimised-label = बिना विंडो के शुरू हो
quit-on-close-label = विंडो बंद होने पर प्रोग्राम भी बंद हो
quit-on-close-hint = विंडो बंद करने से साइन आउट हो जाता है
stay-on-close-hint = बंद करने के बाद भी फ़ोन बजता रहेगा
more-pages = फ़ोन
sign-out-title = आप कॉल पर हैं। कॉल काटकर साइन आउट करें?
sign-out-line = साइन आउट करने से कॉल कटेगी और आपका फ़ोन ख़ाली हो जाएगा।
sign-out-and-hang-up = कॉल काटें और साइन आउट करें
sign-out-unsaved-title = सब सहेजने से पहले साइन आउट करें?
unsaved-line = { $outcomes ->
    [one] एक परिणाम अभी सहेजा नहीं गया है। ऐसा करने पर वह खो जाएगा।
   *[other] { $outcomes } परिणाम अभी सहेजे नहीं गए हैं। ऐसा करने पर वे खो जाएँगे।
  }
stay = यहीं रहें

## About

about-computer = सिस्टम
about-system = ऑपरेटिंग सिस्टम
support-title = सहायता
support-file = सहायता फ़ाइल
support-note = इस फ़ोन के संस्करण, सेटिंग, स्थिति और अंतिम संदेश एक टेक्स्ट फ़ाइल में। इसमें कोई पासवर्ड या कॉल करने वाले का नंबर नहीं होता। इसे अपनी मदद करने वाले को दें।
support-save = सहायता फ़ाइल सहेजें
support-saved = सहेजी गई:
about-licences = लाइसेंस
about-licences-note = मुक्त सॉफ़्टवेयर; दोनों में से कोई भी लाइसेंस चुनें।
about-licence = { $name } लाइसेंस

## Questions

quit-title = आप कॉल पर हैं। कॉल काटकर बंद करें?
quit-unsaved-title = सब सहेजने से पहले बंद करें?
quit-line = बंद करने से कॉल कटेगी और आप साइन आउट हो जाएँगे।
quit-and-hang-up = कॉल काटें और बंद करें
quit = बंद करें
link-title = इस नंबर पर कॉल करें?
link-line = दूसरे प्रोग्राम का एक लिंक यह कॉल करना चाहता है।
link-holds = आपकी मौजूदा कॉल होल्ड पर जाएगी।
link-refuse = कॉल न करें
